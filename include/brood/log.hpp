#pragma once

#include <functional>
#include <string_view>

namespace brood {

enum class log_level { debug, info, warning, error };

/// Receives log lines. brood prints nothing itself: without such a function its messages are discarded. It is called on
/// the loop, must not throw, and must copy the text to keep it.
using log_function = std::function<void(log_level, std::string_view)>;

}  // namespace brood
