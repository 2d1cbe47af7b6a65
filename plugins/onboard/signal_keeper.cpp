// SPDX-License-Identifier: Apache-2.0
#include "onboard/signal_keeper.hpp"

namespace hal::onboard {
namespace {

bool same_mask(const sigset_t &a, const sigset_t &b) {
  for (int signal = 1; signal <= SIGRTMAX; ++signal)
    if (sigismember(&a, signal) != sigismember(&b, signal)) return false;
  return true;
}

bool same(const struct sigaction &a, const struct sigaction &b) {
  if (a.sa_flags != b.sa_flags || !same_mask(a.sa_mask, b.sa_mask)) return false;
  return (a.sa_flags & SA_SIGINFO) != 0 ? a.sa_sigaction == b.sa_sigaction : a.sa_handler == b.sa_handler;
}

}  // namespace

SignalKeeper::SignalKeeper() {
  kept_.reserve(static_cast<std::size_t>(SIGRTMAX));
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    Kept kept = {signal, {}};
    const bool ours = signal != SIGKILL && signal != SIGSTOP;
    if (ours && sigaction(signal, nullptr, &kept.action) == 0) kept_.push_back(kept);
  }
}

SignalKeeper::~SignalKeeper() {
  for (const Kept &kept : kept_) {
    struct sigaction now = {};
    if (sigaction(kept.signal, nullptr, &now) == 0 && !same(now, kept.action))
      sigaction(kept.signal, &kept.action, nullptr);
  }
}

}  // namespace hal::onboard
