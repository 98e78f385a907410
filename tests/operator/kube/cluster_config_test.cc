#include "operator/kube/cluster_config.h"

#include <filesystem>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/fakes/temporary_folder.h"

namespace penstock::kube {
namespace {

namespace fs = std::filesystem;

class ClusterConfigTest : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) const {
    return folder_.write(name, text);
  }

  // A kubeconfig with one user and cluster.
  fs::path kubeconfig(const std::string& user, const std::string& cluster = "") {
    return write("config",
                 "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                 "clusters: [{name: k, cluster: {server: \"https://10.0.0.1:6443/prefix\"" +
                     cluster + "}}]\nusers: [{name: u, user: {" + user +
                     "}}]\ncontexts: [{name: c, context: {cluster: k, user: u, namespace: ns}}]\n");
  }

  std::string error(const std::string& user, const std::string& cluster = "") {
    const auto config = load_kubeconfig(kubeconfig(user, cluster));
    return config ? "accepted" : config.error().detail;
  }

  const fakes::TemporaryFolder folder_;
};

TEST_F(ClusterConfigTest, ReadsServerUserAndNamespace) {
  write("ca.pem", "CA");
  const auto config = load_kubeconfig(
      kubeconfig("token: secret, client-certificate-data: QUI=, client-key-data: QUJD",
                 ", certificate-authority: ca.pem"));
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->host, "10.0.0.1");
  EXPECT_EQ(config->port, 6443);
  EXPECT_EQ(config->base_path, "/prefix");
  EXPECT_EQ(config->ca_pem, "CA");
  EXPECT_EQ(config->client_pem, "AB");
  EXPECT_EQ(config->client_key_pem, "ABC");
  EXPECT_EQ(config->token, "secret");
  EXPECT_EQ(config->ns, "ns");
}

TEST_F(ClusterConfigTest, FilesAreTakenFromItsOwnFolder) {
  for (const auto& [told, expected] :
       {std::pair("tokenFile: tokens/t", (folder_.path() / "tokens/t").string()),
        std::pair("tokenFile: /run/t", std::string("/run/t")),
        std::pair("token: secret", std::string())}) {
    const auto config = load_kubeconfig(kubeconfig(told));
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->token_file, expected);
  }
}

TEST_F(ClusterConfigTest, SaysWhatItDoesNotSupport) {
  EXPECT_NE(error("exec: {command: aws}").find("user's exec is not supported"), std::string::npos);
  EXPECT_NE(error("auth-provider: {name: gcp}").find("auth-provider is not"), std::string::npos);
  EXPECT_NE(error("username: a, password: b").find("username is not"), std::string::npos);
  EXPECT_NE(error("", ", insecure-skip-tls-verify: true").find("refused"), std::string::npos);
  EXPECT_NE(error("", ", tls-server-name: x").find("not supported"), std::string::npos);
}

TEST_F(ClusterConfigTest, SaysWhatIsWrong) {
  EXPECT_NE(error("client-key-data: '*'").find("client-key-data is not base64"), std::string::npos);
  EXPECT_NE(error("client-key: missing.pem").find("cannot be read"), std::string::npos);
  EXPECT_NE(load_kubeconfig(kubeconfig(""), "other").error().detail.find("no context other"),
            std::string::npos);
  EXPECT_NE(load_kubeconfig(folder_.path() / "none").error().detail.find("cannot be read"),
            std::string::npos);
  EXPECT_NE(load_kubeconfig(write("bad", "a: [")).error().detail.find("bad:"), std::string::npos);
  EXPECT_NE(load_kubeconfig(write("empty", "{}")).error().detail.find("no current-context"),
            std::string::npos);
}

TEST_F(ClusterConfigTest, ReadsAServiceAccountsFolder) {
  write("token", "t");
  write("namespace", "penstock-system");
  const auto config = in_cluster_config("10.96.0.1", "443", folder_.path());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->ns, "penstock-system");
  EXPECT_EQ(config->token_file, folder_.path() / "token");
  EXPECT_EQ(config->ca_file, folder_.path() / "ca.crt");
  EXPECT_FALSE(in_cluster_config("", "", folder_.path()));
  EXPECT_FALSE(in_cluster_config("10.96.0.1", "x", folder_.path()));
  EXPECT_FALSE(in_cluster_config("10.96.0.1", "443", folder_.path() / "none"));
}

}  // namespace
}  // namespace penstock::kube
