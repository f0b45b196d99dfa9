#pragma once

namespace brood {

/// The two serializations of messages on Node's channel. The parent chooses one for both directions.
enum class serialization {
  json,      ///< one line of JSON a message
  advanced,  ///< V8's structured clone format, for everything that a brood::value can hold
};

}  // namespace brood
