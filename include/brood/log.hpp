#pragma once

#include <functional>
#include <string_view>

namespace brood {

enum class log_level { debug, info, warning, error };

/// brood prints nothing: what is worth a line goes to the function a program hands in, or nowhere.
/// It is called on the loop, must not throw, and must copy the text if it wants to keep it.
using log_function = std::function<void(log_level, std::string_view)>;

}  // namespace brood
