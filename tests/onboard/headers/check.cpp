// SPDX-License-Identifier: Apache-2.0
//
// Compares the plugin's types of the vendor's functions with the vendor's own headers at compile time. This tree does
// not contain the vendor's headers: they come from the installation that ASCEND_HOME_PATH names (check.cmake).
//   -DCHECK_ACL or -DCHECK_RT   the family
//   -DCHECK_PARTLY              ignores functions that the headers do not declare, even core functions
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "onboard/vendor_abi.hpp"

// True if both types pass the same bits in a register.
template <typename Ours, typename Theirs>
constexpr bool same_word() {
  using A = std::remove_cv_t<Ours>;
  using B = std::remove_cv_t<Theirs>;
  if constexpr (std::is_same_v<A, B>) {
    return true;
  } else if constexpr (std::is_pointer_v<A> && std::is_pointer_v<B>) {
    using To = std::remove_cv_t<std::remove_pointer_t<A>>;
    using Their = std::remove_cv_t<std::remove_pointer_t<B>>;
    if constexpr (std::is_void_v<To> || std::is_void_v<Their>) {
      // One side uses void for handles and bytes. A pointer to a number must match, because its size is written.
      return !std::is_arithmetic_v<To> && !std::is_arithmetic_v<Their>;
    } else if constexpr (std::is_class_v<To> && std::is_class_v<Their>) {
      return sizeof(To) == sizeof(Their) && alignof(To) == alignof(Their);
    } else {
      return same_word<To, Their>();
    }
  } else if constexpr (std::is_enum_v<B>) {
    return std::is_integral_v<A> && sizeof(A) == sizeof(B);
  } else if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    return sizeof(A) == sizeof(B) && std::is_signed_v<A> == std::is_signed_v<B>;
  } else {
    return false;
  }
}

template <typename Ours, typename Theirs>
struct SameCall : std::false_type {};
template <typename R, typename... P, typename S, typename... Q>
struct SameCall<R(P...), S(Q...)> {
  static constexpr bool value = [] {
    if constexpr (sizeof...(P) != sizeof...(Q)) {
      return false;
    } else {
      return same_word<R, S>() && (same_word<P, Q>() && ...);
    }
  }();
};

namespace check {
// Lookup finds this if the headers do not declare the name, because they are included in an inner namespace.
struct Missing {};
#define HAL_ACL(need, since, result, name, parameters) constexpr Missing name;
#define HAL_RT(need, since, result, name, parameters) constexpr Missing name;
#include "onboard/vendor_functions.def"

namespace vendor {
#if defined(CHECK_ACL)
#include <acl/acl.h>
#else
#include <runtime/rt.h>
#endif

namespace {
using namespace hal::onboard;
enum class Need { CORE, OPTIONAL };

template <Need need, typename Ours, typename Theirs>
constexpr bool fits() {
  if constexpr (std::is_same_v<std::remove_cv_t<Theirs>, Missing>) {
#if defined(CHECK_PARTLY)
    return true;
#else
    return need == Need::OPTIONAL;
#endif
  } else {
    return SameCall<Ours, Theirs>::value;
  }
}

#define CHECK(need, since, result, name, parameters)                   \
  static_assert(fits<Need::need, result parameters, decltype(name)>(), \
                #name ": vendor_functions.def and the vendor's headers differ, or the headers lack a core function");
#if defined(CHECK_ACL)
#define HAL_ACL CHECK
#else
#define HAL_RT CHECK
#endif
#include "onboard/vendor_functions.def"
}  // namespace
}  // namespace vendor
}  // namespace check
