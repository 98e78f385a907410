#pragma once

namespace penstock::control {

// Parses the command line, runs what it asks for, and returns the exit code.
int run_command(int argc, const char* const* argv);

}  // namespace penstock::control
