// SPDX-License-Identifier: Apache-2.0
//
// Opening the vendor's library installs handlers for 13 signals over the application's. This puts the application's
// back.
#ifndef HAL_PLUGINS_ONBOARD_SIGNAL_KEEPER_HPP_
#define HAL_PLUGINS_ONBOARD_SIGNAL_KEEPER_HPP_

#include <csignal>
#include <vector>

namespace hal::onboard {

// Remembers what every signal does and restores, when it dies, those that do something else then. A handler that
// another thread of the program installs in between is undone too: nobody can tell the two apart.
class SignalKeeper {
 public:
  SignalKeeper();
  ~SignalKeeper();
  SignalKeeper(const SignalKeeper &) = delete;
  SignalKeeper &operator=(const SignalKeeper &) = delete;

 private:
  struct Kept {
    int signal;
    struct sigaction action;
  };
  std::vector<Kept> kept_;
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_SIGNAL_KEEPER_HPP_
