// SPDX-License-Identifier: Apache-2.0
//
// Which variant of each call is chosen, tested with function tables that contain only names.
#include "onboard/vendor_api.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace hal::onboard {
namespace {

struct Function {
  std::string name;
  std::string since;
  bool core;
};

const std::vector<Function> kAcl = {
#define HAL_ACL(need, since, result, name, parameters) {#name, since, std::string(#need) == "CORE"},
#include "onboard/vendor_functions.def"
};
const std::vector<Function> kRt = {
#define HAL_RT(need, since, result, name, parameters) {#name, since, std::string(#need) == "CORE"},
#include "onboard/vendor_functions.def"
};

// The address for every function that is looked up. Calls made while the table is filled fail.
int fails() { return -1; }

// A library with all functions of a release. It records the names that are looked up.
class Library {
 public:
  explicit Library(const std::string &release) {
    for (const auto *family : {&kAcl, &kRt})
      for (const Function &function : *family)
        if (function.since <= release) names_.insert(function.name);
  }

  Library &without(const std::string &name) {
    names_.erase(name);
    return *this;
  }

  Resolve resolve() {
    return [this](const char *name) {
      looked_up_.insert(name);
      return names_.contains(name) ? reinterpret_cast<void *>(&fails) : nullptr;
    };
  }

  const std::set<std::string> &looked_up() const { return looked_up_; }

 private:
  std::set<std::string> names_;
  std::set<std::string> looked_up_;
};

VendorApi acl_of(Library library) {
  VendorApi api;
  EXPECT_EQ(fill_acl(library.resolve(), api), std::vector<std::string>());
  return api;
}

TEST(AclFamily, OfTheFirstReleaseRegistersWithTheOldCallAndLaunchesByHandle) {
  const VendorApi api = acl_of(Library("8.1.RC1"));
  EXPECT_EQ(api.registration, Register::kV1);
  EXPECT_STREQ(api.register_v1.name, "aclrtHostRegister");
  EXPECT_FALSE(api.register_v2);
  EXPECT_FALSE(api.device_pointer);
  EXPECT_EQ(api.load, Load::kDescription);
  EXPECT_EQ(api.launch_style, LaunchStyle::kHandle);
  EXPECT_FALSE(api.finalize_reference);
  EXPECT_FALSE(api.map_capability);
}

TEST(AclFamily, OfLaterReleasesRegistersWithTheNewSetAndLaunchesWithHostArguments) {
  for (const char *release : {"8.5.0", "9.0.0", "9.1.0"}) {
    const VendorApi api = acl_of(Library(release));
    EXPECT_EQ(api.registration, Register::kV2) << release;
    EXPECT_FALSE(api.register_v1) << release << ": the calls of the other set must be empty";
    EXPECT_EQ(api.load, Load::kData) << release;
    EXPECT_EQ(api.launch_style, LaunchStyle::kHostArgs) << release;
    EXPECT_EQ(static_cast<bool>(api.map_capability), std::string(release) != "8.5.0") << release;
  }
}

TEST(AclFamily, UsesARegistrationSetOnlyIfItIsComplete) {
  EXPECT_EQ(acl_of(Library("9.1.0").without("aclrtHostGetDevicePointer")).registration, Register::kV1);
  EXPECT_EQ(acl_of(Library("9.1.0").without("aclrtHostRegisterV2")).registration, Register::kV1);
  EXPECT_EQ(acl_of(Library("9.1.0").without("aclrtHostRegisterV2").without("aclrtHostRegister")).registration,
            Register::kNone);
  const VendorApi api = acl_of(Library("9.1.0").without("aclrtHostUnregister"));
  EXPECT_EQ(api.registration, Register::kNone);
  EXPECT_FALSE(api.register_v1 || api.register_v2 || api.device_pointer || api.unregister);
}

TEST(AclFamily, DoesNotUseAnIncompleteLaunchStyle) {
  EXPECT_EQ(acl_of(Library("8.1.RC1").without("aclrtKernelArgsFinalize")).launch_style, LaunchStyle::kNone);
  EXPECT_EQ(acl_of(Library("8.1.RC1").without("aclrtDestroyBinary")).load, Load::kNone);
  EXPECT_EQ(acl_of(Library("9.1.0").without("aclrtBinaryUnLoad")).load, Load::kNone);
}

TEST(AclFamily, IsRefusedIfACoreFunctionIsMissingAndNamesIt) {
  for (const Function &function : kAcl) {
    if (!function.core) continue;
    VendorApi api;
    const std::vector<std::string> missing = fill_acl(Library("9.1.0").without(function.name).resolve(), api);
    ASSERT_EQ(missing.size(), 1U) << function.name;
    EXPECT_EQ(missing.front(), function.name + " (since " + function.since + ")");
  }
}

TEST(AclFamily, ListsMissingOptionalFunctions) {
  const VendorApi api = acl_of(Library("8.5.0"));
  EXPECT_EQ(api.missing, std::vector<std::string>{"aclrtHostMemMapCapabilities (since 9.0.0)"});
}

TEST(Families, AreNeverMixedAlthoughOneLibraryHasTheSymbolsOfBoth) {
  Library acl("9.1.0");
  VendorApi api;
  fill_acl(acl.resolve(), api);
  EXPECT_TRUE(std::all_of(acl.looked_up().begin(), acl.looked_up().end(),
                          [](const std::string &n) { return n.starts_with("acl"); }));
  Library rt("9.1.0");
  VendorApi other;
  EXPECT_EQ(fill_rt(rt.resolve(), other), std::vector<std::string>());
  EXPECT_TRUE(std::all_of(rt.looked_up().begin(), rt.looked_up().end(),
                          [](const std::string &n) { return n.starts_with("rt"); }));
}

TEST(RtFamily, RegistersByItsOwnIrregularNamesAndCannotLaunch) {
  VendorApi api;
  EXPECT_EQ(fill_rt(Library("9.1.0").resolve(), api), std::vector<std::string>());
  EXPECT_EQ(api.registration, Register::kV2);
  EXPECT_STREQ(api.register_v2.name, "rtHostRegisterV2");
  EXPECT_STREQ(api.unregister.name, "rtsHostUnregister");
  EXPECT_EQ(api.load, Load::kNone);
  EXPECT_EQ(api.launch_style, LaunchStyle::kNone);
  VendorApi old;
  EXPECT_EQ(fill_rt(Library("8.1.RC1").resolve(), old), std::vector<std::string>());
  EXPECT_EQ(old.registration, Register::kNone) << "8.1.RC1 declares none of them";
}

TEST(Numbers, MappedIsZeroForTheOldCallAndTwoForTheNewOne) {
  EXPECT_EQ(kRegisterV1Mapped, 0);
  EXPECT_EQ(kRegisterV2Mapped, 2U);
}

TEST(Report, NamesTheChosenVariants) {
  VendorApi api = acl_of(Library("9.1.0"));
  api.version = "9.1.0";
  api.library = "/opt/lib64/libascendcl.so";
  EXPECT_EQ(describe(api), "acl 9.1.0 from /opt/lib64/libascendcl.so, register v2, load data, launch host-args");
}

}  // namespace
}  // namespace hal::onboard
