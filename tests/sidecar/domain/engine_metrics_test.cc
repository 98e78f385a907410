#include "sidecar/domain/engine_metrics.h"

#include <string>

#include <gtest/gtest.h>

#include "sidecar/domain/prometheus_text.h"

namespace penstock::domain {
namespace {

using signals::EngineLoad;

EngineLoad read(std::string_view page) {
  return read_engine_metrics(page).value_or(EngineLoad{.name = "nothing"});
}

TEST(EngineMetricsTest, VllmAsItIsNow) {
  const EngineLoad load = read(R"(# HELP vllm:num_requests_running Requests in the batch.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="org/model-7b"} 5.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="org/model-7b"} 0.0
# TYPE vllm:num_requests_waiting_by_reason gauge
vllm:num_requests_waiting_by_reason{engine="0",model_name="org/model-7b",reason="capacity"} 9.0
vllm:kv_cache_usage_perc{engine="0",model_name="org/model-7b"} 0.4375
vllm:num_preemptions_total{engine="0",model_name="org/model-7b"} 3.0
vllm:num_preemptions_created{engine="0",model_name="org/model-7b"} 1.7e+09
vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",num_gpu_blocks="27000",num_gpu_blocks_override="None"} 1.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="0.1",model_name="org/model-7b"} 12.0
)");
  EXPECT_EQ(load, (EngineLoad{.name = "vllm",
                              .kv_usage = 0.4375,
                              .kv_capacity_tokens = 432'000,
                              .running = 5,
                              .waiting = 0,
                              .preemptions = 3}));
}

TEST(EngineMetricsTest, VllmAsItWas) {
  const EngineLoad load = read(
      "vllm:num_requests_running{model_name=\"m\"} 2.0\n"
      "vllm:gpu_cache_usage_perc{model_name=\"m\"} 0.25\n"
      "vllm:cpu_cache_usage_perc{model_name=\"m\"} 0.9\n");
  EXPECT_EQ(load.kv_usage, 0.25);
  EXPECT_EQ(load.running, 2);
  EXPECT_FALSE(load.waiting);
  EXPECT_FALSE(load.preemptions);
  EXPECT_FALSE(load.kv_capacity_tokens);
}

TEST(EngineMetricsTest, VllmsNewerNameGoesBeforeTheOlderOne) {
  EXPECT_EQ(read("vllm:gpu_cache_usage_perc 0.1\nvllm:kv_cache_usage_perc 0.2\n").kv_usage, 0.2);
}

TEST(EngineMetricsTest, VllmSaysItsCapacityInTokensOrBlocks) {
  EXPECT_EQ(read(R"(vllm:cache_config_info{block_size="16",kv_cache_size_tokens="1000000",)"
                 R"(num_gpu_blocks="70000"} 1)")
                .kv_capacity_tokens,
            1'000'000);
  EXPECT_FALSE(read(R"(vllm:cache_config_info{block_size="16",num_gpu_blocks="None"} 1.0)")
                   .kv_capacity_tokens);
}

TEST(EngineMetricsTest, PartsOfOneEngineAddUpAndTheirSharesAverage) {
  const EngineLoad load = read(R"(vllm:num_requests_running{engine="0"} 5
vllm:num_requests_running{engine="1"} 7
vllm:kv_cache_usage_perc{engine="0"} 0.2
vllm:kv_cache_usage_perc{engine="1"} 0.6
vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="100"} 1
vllm:cache_config_info{block_size="16",engine="1",num_gpu_blocks="50"} 1
vllm:num_preemptions_total{engine="0"} 1
vllm:num_preemptions_total{engine="1"} 2
)");
  EXPECT_EQ(load.running, 12);
  EXPECT_DOUBLE_EQ(load.kv_usage.value_or(-1), 0.4);
  EXPECT_EQ(load.kv_capacity_tokens, 2'400);
  EXPECT_EQ(load.preemptions, 3);
}

TEST(EngineMetricsTest, SglangCountsEachPartOnceWhateverItsRanksAndPrioritiesRepeat) {
  const EngineLoad load = read(
      R"(sglang:num_running_reqs{dp_rank="0",model_name="m",pp_rank="0",priority="",tp_rank="0"} 4.0
sglang:num_running_reqs{dp_rank="0",model_name="m",pp_rank="0",priority="1",tp_rank="0"} 3.0
sglang:num_running_reqs{dp_rank="0",model_name="m",pp_rank="0",priority="",tp_rank="1"} 4.0
sglang:num_running_reqs{dp_rank="1",model_name="m",pp_rank="0",priority="",tp_rank="2"} 6.0
sglang:num_queue_reqs{model_name="m",tp_rank="0"} 1.0
sglang:token_usage{model_name="m",tp_rank="0"} 0.28
sglang:full_token_usage{model_name="m",tp_rank="0"} 0.5
sglang:max_total_num_tokens{model_name="m",tp_rank="0"} 471258.0
sglang:num_retracted_reqs{model_name="m",tp_rank="0"} 9.0
sglang:num_retracted_requests_total{model_name="m",tp_rank="0"} 2.0
)");
  EXPECT_EQ(load, (EngineLoad{.name = "sglang",
                              .kv_usage = 0.28,
                              .kv_capacity_tokens = 471'258,
                              .running = 10,
                              .waiting = 1,
                              .preemptions = 2}));
}

TEST(EngineMetricsTest, TrtllmServe) {
  const EngineLoad load =
      read(R"(trtllm_num_requests_running{engine_type="trtllm",model_name="m"} 8.0
trtllm_num_requests_waiting{engine_type="trtllm",model_name="m"} 2.0
trtllm_kv_cache_utilization{engine_type="trtllm",model_name="m"} 0.62
trtllm_kv_cache_host_utilization{engine_type="trtllm",model_name="m"} 0.9
trtllm_kv_cache_max_blocks{engine_type="trtllm",model_name="m"} 6239.0
trtllm_kv_cache_tokens_per_block{engine_type="trtllm",model_name="m"} 64.0
)");
  EXPECT_EQ(load, (EngineLoad{.name = "trtllm",
                              .kv_usage = 0.62,
                              .kv_capacity_tokens = 399'296,
                              .running = 8,
                              .waiting = 2}));
}

TEST(EngineMetricsTest, TrtllmInTriton) {
  constexpr std::string_view kPage = R"(nv_inference_count{model="ensemble",version="1"} 70
nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="waiting",version="1"} 1
nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="context",version="1"} 2
nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="scheduled",version="1"} 3
nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="max",version="1"} 512
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="tokens_per",model="tensorrt_llm"} 64
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="used",model="tensorrt_llm"} 25
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max",model="tensorrt_llm"} 100
)";
  EXPECT_EQ(read(kPage), (EngineLoad{.name = "trtllm",
                                     .kv_usage = 0.25,  // of the blocks: it states no share
                                     .kv_capacity_tokens = 6'400,
                                     .running = 3,
                                     .waiting = 1}));
  const std::string with_share =
      std::string(kPage) +
      "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"fraction\"} 0.3";
  EXPECT_EQ(read(with_share).kv_usage, 0.3);
}

TEST(EngineMetricsTest, LlamaCpp) {
  const EngineLoad load = read(
      "# TYPE llamacpp:requests_processing gauge\n"
      "llamacpp:requests_processing 1\n"
      "llamacpp:requests_deferred 0\n"
      "llamacpp:kv_cache_usage_ratio 0.63\n"
      "llamacpp:n_decode_total 30\n");
  EXPECT_EQ(load, (EngineLoad{.name = "llamacpp", .kv_usage = 0.63, .running = 1, .waiting = 0}));
}

TEST(EngineMetricsTest, OthersPagesTellNothing) {
  EXPECT_FALSE(read_engine_metrics(""));
  EXPECT_FALSE(read_engine_metrics("<html>vllm:num_requests_running 3</html>"));
  EXPECT_FALSE(read_engine_metrics("[{\"numActiveRequests\": 3}]"));
  EXPECT_FALSE(read_engine_metrics("python_gc_objects_collected_total 12\nup 1\n"));
  EXPECT_FALSE(read_engine_metrics("vllm:num_requests_running"));
  EXPECT_FALSE(read_engine_metrics("# TYPE vllm:num_requests_running gauge"));
}

TEST(EngineMetricsTest, TheFirstEngineOfAPageIsTheOneThatIsRead) {
  const EngineLoad load = read("sglang:num_running_reqs 1\nvllm:num_requests_waiting 4\n");
  EXPECT_EQ(load.name, "sglang");
  EXPECT_FALSE(load.waiting);
}

TEST(EngineMetricsTest, WhatIsNoCountIsMissing) {
  for (const std::string_view value :
       {"NaN", "+Inf", "-Inf", "-1", "", "x", "1e300", "0x10p9", "3,5"}) {
    const EngineLoad load =
        read("vllm:num_requests_waiting 0\nvllm:num_requests_running " + std::string(value) + "\n");
    EXPECT_EQ(load.waiting, 0) << value;
    EXPECT_FALSE(load.running) << value;
  }
}

TEST(EngineMetricsTest, ReadsWhatTheFormatAllows) {
  // Blanks, a time stamp, an exponent, CRLF, a last line without its end, quotes and braces in a
  // label.
  EXPECT_EQ(read("vllm:num_requests_running{a=\"}\\\"{\",engine=\"0\",}  1.2e+01 1700000000000\r\n"
                 "vllm:num_requests_waiting\t+3")
                .running,
            12);
  EXPECT_EQ(read("vllm:num_requests_waiting\t+3").waiting, 3);
  EXPECT_EQ(read("vllm:kv_cache_usage_perc 1.0000001\n").kv_usage, 1.0);
}

TEST(EngineMetricsTest, ManyPartsAreBounded) {
  std::string page;
  for (int part = 0; part < 1'000; ++part) {
    page += "vllm:num_requests_running{engine=\"" + std::to_string(part) + "\"} 1\n";
  }
  page += "vllm:num_requests_running{engine=\"9007199254740992\"} 1\n";
  EXPECT_EQ(read(page).running, 64);
}

TEST(PrometheusTextTest, LabelsAreFoundByTheirWholeName) {
  constexpr std::string_view kLabels = R"(model="a, engine=\"9\"", engine="3",x="")";
  EXPECT_EQ(prometheus_label(kLabels, "engine"), "3");
  EXPECT_EQ(prometheus_label(kLabels, "gine"), "");
  EXPECT_EQ(prometheus_label(kLabels, "x"), "");
  EXPECT_EQ(prometheus_label("engine=\"3", "engine"), "3");  // cut off
  EXPECT_EQ(prometheus_label("engine=\"3\\", "engine"), "3\\");
}

TEST(PrometheusTextTest, ALineWithoutItsClosingBraceIsNoSample) {
  EXPECT_FALSE(prometheus_sample("a{b=\"}\" 1"));
  EXPECT_FALSE(prometheus_sample(" 1"));
  ASSERT_TRUE(prometheus_sample("a{} 1"));
  EXPECT_EQ(prometheus_sample("a{} 1")->value, " 1");
}

}  // namespace
}  // namespace penstock::domain
