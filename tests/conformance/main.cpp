// SPDX-License-Identifier: Apache-2.0
#include "conformance.hpp"

int main(int argc, char **argv) { return hal::conformance::run(argc, argv); }
