//! Keys of attributes that only spans of requests have.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>

pub(crate) const CLIENT_ADDRESS: &str = "client.address";
pub(crate) const REQUEST_BODY_SIZE: &str = "http.request.body.size";
pub(crate) const REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
pub(crate) const REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
pub(crate) const RESPONSE_BODY_SIZE: &str = "http.response.body.size";
pub(crate) const URL_FULL: &str = "url.full";
pub(crate) const URL_QUERY: &str = "url.query";
pub(crate) const USER_AGENT_ORIGINAL: &str = "user_agent.original";
