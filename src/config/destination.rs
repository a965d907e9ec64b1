//! One OTLP destination out of the settings that shape it.

use http::uri::Scheme;

use crate::config::endpoint::{self, EndpointRole, SchemelessSecurity};
use crate::config::lookup::Values;
use crate::config::report::{Origin, SettingWarning};
use crate::config::{Compression, OtlpSettings, Protocol, SettingValue, headers, key};
use crate::error::InitError;
use crate::signal::Signal;

/// Builds the destination of one signal.
///
/// # Errors
///
/// An endpoint that cannot be used: the default would send data elsewhere.
pub(super) fn resolve(signal: Signal, values: &mut Values) -> Result<OtlpSettings, InitError> {
    let protocol = protocol(values.text(key::SIGNAL_PROTOCOL.get(signal)));
    let headers_key = *key::SIGNAL_HEADERS.get(signal);
    let headers = headers::merge(values.pairs(headers_key), values.code_pairs(headers_key));
    Ok(OtlpSettings {
        url: url(signal, protocol, values)?,
        protocol,
        headers: headers::into_headers(headers),
        timeout: values.timeout(key::SIGNAL_TIMEOUT.get(signal)),
        compression: compression(signal, values)?,
    })
}

fn url(signal: Signal, protocol: Protocol, values: &mut Values) -> Result<http::Uri, InitError> {
    let key = *key::SIGNAL_ENDPOINT.get(signal);
    let name = values.setting_name(key);
    let text = match values.text(key) {
        "" => endpoint::default_text(protocol),
        text => text,
    };
    let is_base = values.is_general(key) || values.origin(key) == Origin::Default;
    let role = if is_base { EndpointRole::Base } else { EndpointRole::Signal };
    let security = if values.flag(key::SIGNAL_INSECURE.get(signal)) {
        SchemelessSecurity::Plaintext
    } else {
        SchemelessSecurity::Tls
    };
    let refused = |expected: &str| InitError::InvalidSetting {
        setting: name.clone(),
        value: endpoint::redact(text),
        expected: expected.to_owned(),
    };
    let endpoint = endpoint::resolve(text, role, signal, protocol, security)
        .ok_or_else(|| refused(endpoint::EXPECTED))?;
    if endpoint.url.scheme() == Some(&Scheme::HTTPS) && !cfg!(feature = "_tls") {
        return Err(refused(EXPECTED_WITHOUT_TLS));
    }
    let shown = endpoint::redact(&endpoint.url.to_string());
    for part in &endpoint.left_out {
        let message = format!("ignored the {part} of `{name}`: it is not sent");
        values.warn(SettingWarning::new(name.clone(), message));
    }
    if let Some(hint) = endpoint::port_hint(&endpoint.url, protocol) {
        values.warn(SettingWarning::new(name.clone(), format!("`{name}`: {hint}")));
    }
    values.show(key, shown);
    Ok(endpoint.url)
}

fn protocol(name: &str) -> Protocol {
    match name {
        "grpc" => Protocol::Grpc,
        "http/json" => Protocol::HttpJson,
        _ => Protocol::HttpProtobuf,
    }
}

/// A compression that is not built in sends plain bodies: nothing is lost. Code that asks for it is
/// an error all the same.
fn compression(signal: Signal, values: &mut Values) -> Result<Compression, InitError> {
    let key = *key::SIGNAL_COMPRESSION.get(signal);
    let (compression, is_built_in) = match values.text(key) {
        "gzip" => (Compression::Gzip, cfg!(feature = "gzip")),
        "zstd" => (Compression::Zstd, cfg!(feature = "zstd")),
        _ => (Compression::None, true),
    };
    if is_built_in {
        return Ok(compression);
    }
    let (name, wanted) = (values.setting_name(key), compression.name());
    let expected = format!("a build with the feature `{wanted}`");
    if values.origin(key) == Origin::Code {
        let (setting, value) = (name, wanted.to_owned());
        return Err(InitError::InvalidSetting { setting, value, expected });
    }
    let message = format!("ignored `{name}`: expected {expected}, got `{wanted}`; using `none`");
    values.warn(SettingWarning::new(name, message));
    values.replace(key, SettingValue::Text(Compression::None.name().to_owned()));
    Ok(Compression::None)
}

const EXPECTED_WITHOUT_TLS: &str =
    "an `http` URL, or a build with the feature `tls-ring` or `tls-aws-lc`";
