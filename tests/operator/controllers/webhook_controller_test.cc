#include "operator/controllers/webhook_controller.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/operator/controllers/api_server_test.h"

namespace penstock::controllers {
namespace {

// The two objects as the chart makes them, and as the stores have them.
class WebhookControllerTest : public ApiServerTest {
 protected:
  static kube::ObjectStore<WebhookSecret>::Ptr secret() {
    WebhookSecret empty;
    empty.meta.ns = "penstock-system";
    empty.meta.name = "webhook";
    return std::make_shared<const WebhookSecret>(std::move(empty));
  }

  static kube::ObjectStore<WebhookConfiguration>::Ptr configuration() {
    WebhookConfiguration one;
    one.meta.name = "inject";
    one.hooks = {{.name = "inject.penstock.dev", .host = "webhook.penstock-system.svc"}};
    return std::make_shared<const WebhookConfiguration>(std::move(one));
  }

  WebhookStores stores_;
  WebhookController controller_{stores_, {"penstock-system", "webhook", "inject"}, client_, clock_};
};

TEST_F(WebhookControllerTest, ASecretThatIsGoneIsToldOf) {
  EXPECT_EQ(controller_.reconcile().problem, "") << "it may be there";
  stores_.configurations.replace({{"/inject", configuration()}});
  EXPECT_EQ(controller_.reconcile().problem, "");
  stores_.secrets.replace({});
  const kube::WorkOutcome outcome = controller_.reconcile();
  EXPECT_TRUE(outcome.problem.starts_with("Secret penstock-system/webhook is gone, "))
      << outcome.problem;
  EXPECT_TRUE(outcome.problem.ends_with("; helm upgrade restores it")) << outcome.problem;
  EXPECT_EQ(outcome.again_in, WebhookController::kPeriod) << "until somebody does";
  EXPECT_EQ(controller_.what_is_gone(), outcome.problem);

  stores_.secrets.put(secret());
  EXPECT_EQ(controller_.what_is_gone(), "");
  stores_.secrets.remove("penstock-system", "webhook");
  EXPECT_EQ(controller_.what_is_gone(), outcome.problem);
}

TEST_F(WebhookControllerTest, AConfigurationThatIsGoneIsToldOf) {
  stores_.secrets.replace({{"penstock-system/webhook", secret()}});
  EXPECT_EQ(controller_.reconcile().problem, "");
  stores_.configurations.replace({});
  EXPECT_TRUE(controller_.reconcile().problem.starts_with("MutatingWebhookConfiguration inject "));
  stores_.configurations.put(configuration());
  EXPECT_EQ(controller_.what_is_gone(), "");
}

}  // namespace
}  // namespace penstock::controllers
