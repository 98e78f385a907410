#include "operator/app/commands.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "lib/json/strictness.h"
#include "lib/resources/load.h"
#include "operator/crd/documents.h"

namespace penstock::control {
namespace {

constexpr const char* kAbout =
    "penstock-operator: puts Penstock sidecars in front of inference engines on Kubernetes.\n";

int write_definitions(const std::string& folder) {
  for (const crd::Document& document : crd::documents()) {
    if (folder.empty()) {
      std::cout << "---\n" << document.yaml;
      continue;
    }
    const std::filesystem::path path = std::filesystem::path(folder) / document.file;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << document.yaml;
    out.flush();
    if (!out) {
      std::cerr << "penstock-operator: cannot write " << path.string() << "\n";
      return 1;
    }
  }
  return 0;
}

// Every error of every file, each on a line with its place.
int check_files(const std::vector<std::string>& paths) {
  std::size_t errors = 0;
  for (const std::string& path : paths) {
    const api::Resources resources = resources::load(path, json::Strictness::kStrict);
    for (const api::ResourceError& error : resources.errors) {
      std::cerr << to_string(error) << "\n";
    }
    errors += resources.errors.size();
  }
  return errors == 0 ? 0 : 1;
}

}  // namespace

int run_command(int argc, const char* const* argv) {
  CLI::App app(kAbout, "penstock-operator");
  app.set_version_flag("--version", std::string(PENSTOCK_VERSION));
  app.require_subcommand(1);

  std::string folder;
  CLI::App* definitions =
      app.add_subcommand("crds", "Print the CustomResourceDefinitions, for kubectl apply -f -");
  definitions->add_option("--out", folder, "Write one file for each into this folder instead")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);

  std::vector<std::string> paths;
  CLI::App* check = app.add_subcommand(
      "check", "Check resource files as the API server and the sidecar would, all errors at once");
  check->add_option("PATH", paths, "Files, or folders of them")->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return check->parsed() ? check_files(paths) : write_definitions(folder);
}

}  // namespace penstock::control
