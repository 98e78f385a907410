#pragma once

#include <string_view>
#include <vector>

#include "operator/reconcile/world.h"

// What a container's command line and variables say, read as the admission policy finds it. Views
// are of the container's own text.
namespace penstock::reconcile {

// What its command and arguments give `option`: in the same word, after one space of the same
// argument, or as the next argument. An empty text: in another way.
std::vector<std::string_view> values_of(const Container& container, std::string_view option);

// Whether the command line gives `option` anything.
bool has_option(const Container& container, std::string_view option);

// Of two of the same name the kubelet takes the last. Nothing: there is none.
const EnvVar* variable_of(const Container& container, std::string_view name);

// What $(NAME), ${NAME} or $NAME stands for. Other texts, and variables of which nobody here knows
// the value, stand for themselves.
std::string_view resolved(const Container& container, std::string_view text);

}  // namespace penstock::reconcile
