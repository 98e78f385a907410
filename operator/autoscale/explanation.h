#pragma once

#include <string>
#include <string_view>

#include "operator/autoscale/decision_record.h"

namespace penstock::autoscale {

// Why so many replicas, as the end of a sentence: "Panic" is "the load of the last seconds asks
// for twice what is ready, or did so a moment ago".
std::string_view sentence_of(Reason reason);
// Why a decision is not applied; empty for kNo.
std::string_view sentence_of(Withheld withheld);

// A decision as a person would tell it, in lines: what is, what should be and why, what each part
// of it asked for, what it was made of.
std::string explain(const DecisionRecord& record);

}  // namespace penstock::autoscale
