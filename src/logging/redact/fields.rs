//! Which fields of a call-site name a secret: asked once for each call-site, and not once for each value.

use tracing::Metadata;
use tracing::field::Field;

use crate::logging::call_sites::FACT_BITS;
use crate::logging::redact::Redactor;

/// The answers for one call-site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecretFields<'a> {
    redactor: &'a Redactor,
    /// Bit `n`: field `n` names a secret. There may be more fields than bits.
    secret: u32,
}

impl Redactor {
    /// Which fields of the call-site name a secret.
    #[inline]
    pub(crate) fn secret_fields(&self, call_site: &'static Metadata<'static>) -> SecretFields<'_> {
        let known = self.fields.get(call_site);
        SecretFields { redactor: self, secret: known.unwrap_or_else(|| self.look_into(call_site)) }
    }

    #[cold]
    fn look_into(&self, call_site: &'static Metadata<'static>) -> u32 {
        let mut secret = 0;
        for field in call_site.fields().iter().take(FACT_BITS as usize) {
            secret |= u32::from(self.is_secret_key(field.name())) << field.index();
        }
        self.fields.set(call_site, secret);
        secret
    }
}

impl SecretFields<'_> {
    /// Whether whatever is the value of this field, which is one of the call-site's, is a secret.
    #[inline]
    pub(crate) fn has(self, field: &Field) -> bool {
        match u32::try_from(field.index()) {
            Ok(index @ 0..FACT_BITS) => self.secret >> index & 1 == 1,
            _ => self.redactor.is_secret_key(field.name()),
        }
    }
}
