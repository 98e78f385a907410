#include "operator/app/commands.h"

int main(int argc, char** argv) {
  return penstock::control::run_command(argc, argv);
}
