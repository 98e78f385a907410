#pragma once

#include <array>
#include <cstdint>

#include "lib/json/field.h"

// Every choice that users write, with its one name table (found by argument-dependent lookup, see
// lib/json/field.h). `resolve` uses the same enums.
namespace penstock::api {

enum class Mode : std::uint8_t { kEnforce, kOff };
constexpr auto enum_names(Mode) {
  return std::array{json::EnumName{Mode::kEnforce, "Enforce"}, json::EnumName{Mode::kOff, "Off"}};
}

enum class DialectName : std::uint8_t { kOpenAi, kAnthropic };
constexpr auto enum_names(DialectName) {
  return std::array{json::EnumName{DialectName::kOpenAi, "OpenAI"},
                    json::EnumName{DialectName::kAnthropic, "Anthropic"}};
}

enum class StreamUsage : std::uint8_t { kAuto, kNever, kAlways };
constexpr auto enum_names(StreamUsage) {
  return std::array{json::EnumName{StreamUsage::kAuto, "Auto"},
                    json::EnumName{StreamUsage::kNever, "Never"},
                    json::EnumName{StreamUsage::kAlways, "Always"}};
}

enum class OnDisconnect : std::uint8_t { kAbort, kDrain };
constexpr auto enum_names(OnDisconnect) {
  return std::array{json::EnumName{OnDisconnect::kAbort, "Abort"},
                    json::EnumName{OnDisconnect::kDrain, "Drain"}};
}

enum class OversizedBody : std::uint8_t { kBypass, kReject };
constexpr auto enum_names(OversizedBody) {
  return std::array{json::EnumName{OversizedBody::kBypass, "Bypass"},
                    json::EnumName{OversizedBody::kReject, "Reject"}};
}

// kNone is the absence of the field; nobody writes it.
enum class ClientCertificates : std::uint8_t { kNone, kRequest, kRequire };
constexpr auto enum_names(ClientCertificates) {
  return std::array{json::EnumName{ClientCertificates::kRequest, "Request"},
                    json::EnumName{ClientCertificates::kRequire, "Require"}};
}

enum class AnonymousTenant : std::uint8_t { kBypass, kShare };
constexpr auto enum_names(AnonymousTenant) {
  return std::array{json::EnumName{AnonymousTenant::kBypass, "Bypass"},
                    json::EnumName{AnonymousTenant::kShare, "Share"}};
}

enum class TenantSharing : std::uint8_t { kNone, kAll };
constexpr auto enum_names(TenantSharing) {
  return std::array{json::EnumName{TenantSharing::kNone, "None"},
                    json::EnumName{TenantSharing::kAll, "All"}};
}

enum class SampledRequests : std::uint8_t { kCache, kBypass };
constexpr auto enum_names(SampledRequests) {
  return std::array{json::EnumName{SampledRequests::kCache, "Cache"},
                    json::EnumName{SampledRequests::kBypass, "Bypass"}};
}

enum class ReplayPacing : std::uint8_t { kNone, kRecorded };
constexpr auto enum_names(ReplayPacing) {
  return std::array{json::EnumName{ReplayPacing::kNone, "None"},
                    json::EnumName{ReplayPacing::kRecorded, "Recorded"}};
}

enum class TierType : std::uint8_t { kMemory };
constexpr auto enum_names(TierType) {
  return std::array{json::EnumName{TierType::kMemory, "Memory"}};
}

enum class Eviction : std::uint8_t { kS3Fifo, kLru };
constexpr auto enum_names(Eviction) {
  return std::array{json::EnumName{Eviction::kS3Fifo, "S3FIFO"},
                    json::EnumName{Eviction::kLru, "LRU"}};
}

enum class PriceFileFormat : std::uint8_t { kLiteLlm, kModelsDev };
constexpr auto enum_names(PriceFileFormat) {
  return std::array{json::EnumName{PriceFileFormat::kLiteLlm, "LiteLLM"},
                    json::EnumName{PriceFileFormat::kModelsDev, "ModelsDev"}};
}

enum class InterceptionMode : std::uint8_t {
  kAuto,
  kPortSwap,
  kNamedPort,
  kRedirect,
  kEnvironment
};
constexpr auto enum_names(InterceptionMode) {
  return std::array{json::EnumName{InterceptionMode::kAuto, "Auto"},
                    json::EnumName{InterceptionMode::kPortSwap, "PortSwap"},
                    json::EnumName{InterceptionMode::kNamedPort, "NamedPort"},
                    json::EnumName{InterceptionMode::kRedirect, "Redirect"},
                    json::EnumName{InterceptionMode::kEnvironment, "Environment"}};
}

enum class Rollout : std::uint8_t { kManual, kRestart };
constexpr auto enum_names(Rollout) {
  return std::array{json::EnumName{Rollout::kManual, "Manual"},
                    json::EnumName{Rollout::kRestart, "Restart"}};
}

enum class ScalingMode : std::uint8_t { kOff, kAdvise, kEnforce };
constexpr auto enum_names(ScalingMode) {
  return std::array{json::EnumName{ScalingMode::kOff, "Off"},
                    json::EnumName{ScalingMode::kAdvise, "Advise"},
                    json::EnumName{ScalingMode::kEnforce, "Enforce"}};
}

enum class ScalingPolicyType : std::uint8_t { kPods, kPercent };
constexpr auto enum_names(ScalingPolicyType) {
  return std::array{json::EnumName{ScalingPolicyType::kPods, "Pods"},
                    json::EnumName{ScalingPolicyType::kPercent, "Percent"}};
}

enum class SelectPolicy : std::uint8_t { kMax, kMin, kDisabled };
constexpr auto enum_names(SelectPolicy) {
  return std::array{json::EnumName{SelectPolicy::kMax, "Max"},
                    json::EnumName{SelectPolicy::kMin, "Min"},
                    json::EnumName{SelectPolicy::kDisabled, "Disabled"}};
}

enum class ConditionStatus : std::uint8_t { kUnknown, kTrue, kFalse };
constexpr auto enum_names(ConditionStatus) {
  return std::array{json::EnumName{ConditionStatus::kUnknown, "Unknown"},
                    json::EnumName{ConditionStatus::kTrue, "True"},
                    json::EnumName{ConditionStatus::kFalse, "False"}};
}

enum class LabelOperator : std::uint8_t { kIn, kNotIn, kExists, kDoesNotExist };
constexpr auto enum_names(LabelOperator) {
  return std::array{json::EnumName{LabelOperator::kIn, "In"},
                    json::EnumName{LabelOperator::kNotIn, "NotIn"},
                    json::EnumName{LabelOperator::kExists, "Exists"},
                    json::EnumName{LabelOperator::kDoesNotExist, "DoesNotExist"}};
}

}  // namespace penstock::api
