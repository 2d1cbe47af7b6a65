// SPDX-License-Identifier: Apache-2.0
//
// The codes that the stand-in returns. The numbers are those of the vendor's acl_base_rt.h and rt_error_codes.h.
#pragma once

namespace standin::code {
inline constexpr int ok = 0;
inline constexpr int acl_invalid = 100000;
inline constexpr int repeat_initialize = 100002;
inline constexpr int invalid_file = 100003;
inline constexpr int kernel_not_found = 100029;
inline constexpr int repeat_finalize = 100037;
inline constexpr int stub_library = 100039;
inline constexpr int invalid = 107000;
inline constexpr int invalid_device = 107001;
inline constexpr int no_context = 107002;
inline constexpr int stream_context = 107003;
inline constexpr int open_failed = 107009;
inline constexpr int invalid_handle = 107017;
inline constexpr int wait_timeout = 107019;
inline constexpr int stream_abort = 107023;
inline constexpr int unsupported = 207000;
inline constexpr int out_of_memory = 207001;
inline constexpr int no_device = 207004;
inline constexpr int no_permission = 207006;
inline constexpr int no_stream = 207008;
inline constexpr int over_limit = 207012;
inline constexpr int acl_failure = 500000;
inline constexpr int reset_too_often = 507007;
inline constexpr int aic_timeout = 507014;
inline constexpr int aic_exception = 507015;
inline constexpr int device_setup = 507033;
inline constexpr int aiv_timeout = 507034;
inline constexpr int aiv_exception = 507035;
inline constexpr int stream_sync_timeout = 507046;
inline constexpr int event_sync_timeout = 507047;
inline constexpr int driver = 507899;
inline constexpr int registered = 507910;
inline constexpr int not_registered = 507911;
}  // namespace standin::code
