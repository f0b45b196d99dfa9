#pragma once

// TLS for brood::http, by OpenSSL 3. This is a library of its own: link brood::https.
#include "brood/http.hpp"
#include "brood/https/certificate_error.hpp"
#include "brood/https/client_tls.hpp"
#include "brood/https/server_tls.hpp"
#include "brood/https/upgrade.hpp"
