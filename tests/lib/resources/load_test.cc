#include "lib/resources/load.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "lib/gzip/gzip.h"
#include "lib/json/text.h"
#include "tests/fakes/temporary_folder.h"

namespace penstock::resources {
namespace {

namespace fs = std::filesystem;
using json::Strictness;

class LoadTest : public ::testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) const { folder_.write(name, text); }
  void put_tier(const std::string& file, const std::string& name) const {
    put(file,
        "{\"apiVersion\": \"penstock.dev/v1alpha1\", \"kind\": \"CacheTier\", \"metadata\": "
        "{\"name\": \"" +
            name + "\"}, \"spec\": {\"type\": \"Memory\"}}");
  }
  static std::vector<std::string> names(const api::Resources& resources) {
    std::vector<std::string> names;
    for (const auto& tier : resources.tiers) {
      names.push_back(tier.origin.name.name);
    }
    return names;
  }

  const fakes::TemporaryFolder folder_;
  const fs::path& dir_ = folder_.path();
};

TEST_F(LoadTest, ReadsOneFileWhateverItIsCalled) {
  put_tier("resources.txt", "a");
  const api::Resources resources = load(dir_ / "resources.txt", Strictness::kStrict);
  EXPECT_TRUE(resources.errors.empty());
  EXPECT_EQ(names(resources), std::vector<std::string>{"a"});
  EXPECT_EQ(resources.source, (dir_ / "resources.txt").string());
}

TEST_F(LoadTest, ReadsCompressedFilesOfAFolder) {
  put_tier("a.json", "plain");
  put_tier("b.json", "compressed");
  std::ifstream in(dir_ / "b.json", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  put("b.json.gz", gzip::compress(text));
  fs::remove(dir_ / "b.json");
  const api::Resources resources = load(dir_, Strictness::kStrict);
  EXPECT_TRUE(resources.errors.empty());
  EXPECT_EQ(names(resources), (std::vector<std::string>{"plain", "compressed"}));
  put("b.json.gz", "no gzip");
  const api::Resources broken = load(dir_, Strictness::kStrict);
  ASSERT_EQ(broken.errors.size(), 1U);
  EXPECT_TRUE(to_string(broken.errors.front()).contains("b.json.gz")) << "the file is named";
}

TEST_F(LoadTest, ReadsAFolderInTheOrderOfItsNames) {
  put_tier("c.json", "third");
  put_tier("a.yaml", "first");
  put_tier("b.yml", "second");
  put("notes.txt", "not: [a resource");
  put(".hidden.yaml", "not: [a resource");
  put_tier("sub/d.yaml", "deeper");
  const api::Resources resources = load(dir_, Strictness::kStrict);
  EXPECT_TRUE(resources.errors.empty());
  EXPECT_EQ(names(resources), (std::vector<std::string>{"first", "second", "third"}));
  EXPECT_EQ(resources.tiers[0].origin.file, (dir_ / "a.yaml").string());
}

// As the kubelet lays a ConfigMap out: ..data is swapped, the visible links stay.
TEST_F(LoadTest, ReadsAMountedConfigMapOnceAndThroughItsSwap) {
  put_tier("..2026_1/a.yaml", "old");
  fs::create_directory_symlink("..2026_1", dir_ / "..data");
  fs::create_symlink("..data/a.yaml", dir_ / "a.yaml");
  EXPECT_EQ(names(load(dir_, Strictness::kTolerant)), std::vector<std::string>{"old"});

  put_tier("..2026_2/a.yaml", "new");
  put_tier("..2026_2/b.yaml", "newer");
  fs::create_directory_symlink("..2026_2", dir_ / "..data_tmp");
  fs::rename(dir_ / "..data_tmp", dir_ / "..data");
  fs::create_symlink("..data/b.yaml", dir_ / "b.yaml");
  const api::Resources resources = load(dir_, Strictness::kTolerant);
  EXPECT_TRUE(resources.errors.empty());
  EXPECT_EQ(names(resources), (std::vector<std::string>{"new", "newer"}));
  EXPECT_EQ(resources.tiers[0].origin.file, (dir_ / "a.yaml").string()) << "as the user knows it";
}

TEST_F(LoadTest, WhatCannotBeReadIsAnError) {
  const auto only_error = [](const fs::path& path) {
    const api::Resources resources = load(path, Strictness::kStrict);
    EXPECT_EQ(resources.errors.size(), 1U) << path;
    return resources.errors.empty() ? std::string() : to_string(resources.errors.front());
  };
  EXPECT_EQ(only_error(dir_ / "gone"), (dir_ / "gone").string() + ": does not exist");
  EXPECT_EQ(only_error(dir_), dir_.string() + ": holds no *.yaml, *.yml, *.json or *.json.gz file");
  EXPECT_EQ(only_error("/dev/null"), "/dev/null: cannot be read");
  put("large.yaml", std::string(json::kTextBytesMax + 1, ' '));
  EXPECT_EQ(only_error(dir_ / "large.yaml"),
            (dir_ / "large.yaml").string() + ": is larger than 4194304 bytes");
}

TEST_F(LoadTest, OneBadFileDoesNotHideTheOthers) {
  put("a.yaml", "broken: [");
  put_tier("b.yaml", "good");
  fs::create_symlink("nowhere", dir_ / "c.yaml");
  const api::Resources resources = load(dir_, Strictness::kStrict);
  EXPECT_EQ(resources.errors.size(), 1U) << "a dangling link is no file";
  EXPECT_EQ(names(resources), std::vector<std::string>{"good"});
}

TEST_F(LoadTest, ABindingShowsThatAnOperatorDelivered) {
  put("policy.yaml",
      "{apiVersion: penstock.dev/v1alpha1, kind: OptimizationPolicy, metadata: {name: p},"
      " spec: {selector: {matchLabels: {a: b}}, future: {}}}");
  EXPECT_EQ(load(dir_).errors.size(), 1U) << "people's files are read strictly";
  put("zz-binding.yaml",
      "{apiVersion: penstock.dev/v1alpha1, kind: PolicyBinding, metadata: {name: b},"
      " spec: {apiLevel: 1, policy: default/p}}");
  const api::Resources delivered = load(dir_);
  EXPECT_TRUE(delivered.errors.empty());
  EXPECT_EQ(delivered.ignored.size(), 1U);
  EXPECT_EQ(delivered.policies.size(), 1U);
}

TEST_F(LoadTest, BoundsTheNumberOfFiles) {
  for (std::size_t i = 0; i <= kFilesMax; ++i) {
    put_tier("f" + std::to_string(i) + ".yaml", "t" + std::to_string(i));
  }
  const api::Resources resources = load(dir_, Strictness::kStrict);
  ASSERT_EQ(resources.errors.size(), 1U);
  EXPECT_EQ(to_string(resources.errors[0]), dir_.string() + ": holds more than 256 resource files");
  EXPECT_EQ(resources.tiers.size(), kFilesMax);
}

}  // namespace
}  // namespace penstock::resources
