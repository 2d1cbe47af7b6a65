// SPDX-License-Identifier: Apache-2.0
//
// Explanations of error codes, and findings about the machine, also from plugins that cannot be used here.
#include <cerrno>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

struct Seen {
  hal_finding_verdict_t verdict;
  std::string section, name, value, hint;
};

class Diagnosis : public Loader {
 protected:
  static hal_native_error_t sized() {
    hal_native_error_t error = {};
    error.struct_size = sizeof(error);
    return error;
  }

  hal_status_t explain(const fs::path &path, const char *domain, std::int64_t code, hal_native_error_t &error) {
    error = sized();
    return hal_candidate_explain_native(index_of(path), domain, code, &error);
  }

  static void keep(void *user, const hal_finding_t *finding) {
    static_cast<Diagnosis *>(user)->seen.push_back(
        {finding->verdict, finding->section, finding->name, finding->value, finding->hint});
  }

  hal_status_t diagnose(const fs::path &path) {
    seen.clear();
    return hal_candidate_diagnose(index_of(path), &keep, this);
  }

  std::vector<Seen> seen;
};

TEST_F(Diagnosis, ACodeIsExplainedByItsPlugin) {
  const fs::path good = machine.add_good_plugin();
  for (const char *domain : {"fake", "", static_cast<const char *>(nullptr)}) {
    hal_native_error_t error;
    ASSERT_EQ(explain(good, domain, 42, error), HAL_OK) << last_message();
    EXPECT_EQ(error.status, HAL_ERR_BUSY);
    EXPECT_STREQ(error.domain, "fake");
    EXPECT_STREQ(error.cause, "a test requested this failure");
    EXPECT_STREQ(error.hint, "remove the request");
  }
}

TEST_F(Diagnosis, NoDeviceAndNoProbeAreNeeded) {
  setenv("HAL_FAKE_PRESENT", "0", 1);
  const fs::path good = machine.add_good_plugin();
  hal_native_error_t error;
  EXPECT_EQ(explain(good, "fake", 42, error), HAL_OK) << last_message();
  EXPECT_EQ(describe(index_of(good)).status, HAL_CANDIDATE_UNPROBED);
  ASSERT_EQ(diagnose(good), HAL_OK) << last_message();
  unsetenv("HAL_FAKE_PRESENT");
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[3].verdict, HAL_FINDING_PROBLEM);
}

TEST_F(Diagnosis, AnUnknownCodeOrDomainIsNamed) {
  const fs::path good = machine.add_good_plugin();
  hal_native_error_t error;
  EXPECT_EQ(explain(good, "fake", 41, error), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(last_message(), "fake-sim does not know code 41 of domain fake");
  EXPECT_EQ(explain(good, "acl", 42, error), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(last_message(), "fake-sim does not know code 42 of domain acl");
}

TEST_F(Diagnosis, AnInvalidAnswerOfAPluginIsCorrected) {
  hal_native_error_t error;
  ASSERT_EQ(explain(machine.add_good_plugin(), "fake", 43, error), HAL_OK);
  EXPECT_EQ(error.status, HAL_ERR_UNKNOWN);
  EXPECT_STREQ(error.domain, "");
  EXPECT_STREQ(error.cause, "");
  EXPECT_STREQ(error.hint, "");
}

TEST_F(Diagnosis, AFailureToExplainHasThePluginsMessage) {
  hal_native_error_t error;
  EXPECT_EQ(explain(machine.add_good_plugin(), "fake", 44, error), HAL_ERR_INTERNAL);
  EXPECT_EQ(last_message(), "the fake was asked about 44");
}

TEST_F(Diagnosis, AFileThatCannotBeUsedSaysWhy) {
  hal_native_error_t error;
  EXPECT_EQ(explain(machine.add_text(), "", 1, error), HAL_ERR_UNAVAILABLE);
  EXPECT_TRUE(contains(last_message(), "(not_elf)")) << last_message();
  EXPECT_EQ(diagnose(machine.add_plugin("tableless")), HAL_ERR_UNAVAILABLE);
  EXPECT_TRUE(contains(last_message(), "(null_table)")) << last_message();
  EXPECT_EQ(diagnose(machine.add_plugin("fake-draft99")), HAL_ERR_INCOMPATIBLE);
}

TEST_F(Diagnosis, AFileThatFailsToLoadStaysBroken) {
  const fs::path tableless = machine.add_plugin("tableless");
  const std::uint32_t index = index_of(tableless);
  hal_native_error_t error = sized();
  EXPECT_EQ(hal_candidate_explain_native(index, "", 1, &error), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(describe(index).status, HAL_CANDIDATE_BROKEN);
  EXPECT_EQ(describe(index).reason, "null_table");
}

TEST_F(Diagnosis, APluginWithoutTheOperationsIsUnsupported) {
  const fs::path file = machine.add_plugin("printing");
  hal_native_error_t error;
  EXPECT_EQ(explain(file, "", 1, error), HAL_ERR_UNSUPPORTED);
  EXPECT_EQ(diagnose(file), HAL_ERR_UNSUPPORTED);
}

TEST_F(Diagnosis, FindingsArriveInOrderAndWithoutNullTexts) {
  setenv("FAKE_VENDOR_DEVICES", "0,1", 1);
  ASSERT_EQ(diagnose(machine.add_good_plugin()), HAL_OK) << last_message();
  unsetenv("FAKE_VENDOR_DEVICES");
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].section + "/" + seen[0].name + "/" + seen[0].value, "devices/present/1");
  EXPECT_EQ(seen[1].value, "0,1") << "a variable of others, read through the core";
  EXPECT_EQ(seen[1].verdict, HAL_FINDING_WARNING);
  EXPECT_EQ(seen[1].hint, "set it");
  EXPECT_EQ(seen[2].verdict, HAL_FINDING_INFO) << "an unknown verdict";
  EXPECT_EQ(seen[2].value + seen[2].hint, "");
}

TEST_F(Diagnosis, AnExceptionInsideThePluginIsAFailure) {
  EXPECT_EQ(diagnose(machine.add_plugin("throwing-later")), HAL_ERR_INTERNAL);
  EXPECT_EQ(seen.size(), 1u) << "the finding before the exception was reported";
}

TEST_F(Diagnosis, AnExceptionInAnExplanationIsReportedAsThePlugins) {
  hal_native_error_t error;
  EXPECT_EQ(explain(machine.add_plugin("throwing-later"), "", 1, error), HAL_ERR_INTERNAL);
  EXPECT_EQ(last_message(),
            "explain_native of backend throwing-later threw an exception, which no operation may do (P5): "
            "thrown on purpose");
}

TEST_F(Diagnosis, LibhalExplainsErrnoAndItsOwnStatuses) {
  start();
  hal_native_error_t error = sized();
  ASSERT_EQ(hal_backend_explain_native(nullptr, "errno", ENOMEM, &error), HAL_OK);
  EXPECT_EQ(error.status, HAL_ERR_OUT_OF_MEMORY);
  EXPECT_STREQ(error.cause, "ENOMEM: Cannot allocate memory");
  ASSERT_EQ(hal_backend_explain_native(nullptr, nullptr, HAL_ERR_BUSY, &error), HAL_OK);
  EXPECT_EQ(error.status, HAL_ERR_BUSY);
  EXPECT_STREQ(error.domain, "hal");
  ASSERT_EQ(hal_backend_explain_native(nullptr, "", EACCES, &error), HAL_OK);
  EXPECT_STREQ(error.domain, "errno");
  for (const std::int64_t code :
       {std::int64_t{0}, std::int64_t{-10}, std::int64_t{99999}, INT64_MIN, INT64_MAX, std::int64_t{1} << 32 | ENOMEM})
    EXPECT_EQ(hal_backend_explain_native(nullptr, "", code, &error), HAL_ERR_NOT_FOUND) << code;
  EXPECT_EQ(hal_backend_explain_native(nullptr, "acl", 1, &error), HAL_ERR_NOT_FOUND);
}

TEST_F(Diagnosis, EveryFailureOfTheHeaderIsExplained) {
  start();
  for (hal_status_t status = -64; status < 0; ++status) {
    const bool is_known = std::string(hal_status_string(status)) != "UNKNOWN" || status == HAL_ERR_UNKNOWN;
    hal_native_error_t error = sized();
    EXPECT_EQ(hal_backend_explain_native(nullptr, "hal", status, &error), is_known ? HAL_OK : HAL_ERR_NOT_FOUND)
        << status;
  }
}

TEST_F(Diagnosis, ABackendExplainsErrnoToo) {
  machine.add_good_plugin();
  start();
  hal_backend_t backend = nullptr;
  ASSERT_EQ(hal_backend_select("fake-sim", &backend), HAL_OK) << last_message();
  hal_native_error_t error = sized();
  ASSERT_EQ(hal_backend_explain_native(backend, "errno", ENOENT, &error), HAL_OK);
  EXPECT_EQ(error.status, HAL_ERR_NOT_FOUND);
  ASSERT_EQ(hal_backend_explain_native(backend, "fake", 42, &error), HAL_OK);
  EXPECT_EQ(error.status, HAL_ERR_BUSY);
}

TEST_F(Diagnosis, BadArgumentsAreRefused) {
  const std::uint32_t index = index_of(machine.add_good_plugin());
  hal_native_error_t error = {};
  EXPECT_EQ(hal_candidate_explain_native(index, "", 42, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_candidate_explain_native(index, "", 42, &error), HAL_ERR_INVALID_ARGUMENT) << "struct_size 0";
  EXPECT_EQ(hal_backend_explain_native(nullptr, "", 1, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_candidate_diagnose(index, nullptr, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_candidate_diagnose(99, &keep, this), HAL_ERR_NOT_FOUND);
  error = sized();
  EXPECT_EQ(hal_candidate_explain_native(99, "", 1, &error), HAL_ERR_NOT_FOUND);
}

}  // namespace
}  // namespace hal::test
