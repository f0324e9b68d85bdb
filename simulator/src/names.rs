//! The forms of AWS's names.

/// Whether a text is an account id: 12 digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a Region code: lowercase letters, digits and hyphens, with a
/// digit at its end.
pub(crate) fn is_region_code(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    // The longest known code has 15 characters.
    text.len() <= 32
        && text.contains('-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.chars().all(is_part)
}

/// Whether a text is `<prefix>` and 8 or 17 hexadecimal digits.
pub(crate) fn is_resource_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        matches!(digits.len(), 8 | 17)
            && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_form_and_no_other() {
        assert!(is_account("123456789012"));
        for not in ["", "12345678901", "1234567890123", "12345678901x"] {
            assert!(!is_account(not), "{not}");
        }
        for region in ["us-east-1", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1"] {
            assert!(is_region_code(region), "{region}");
        }
        for not in ["", "us-east", "useast1", "US-EAST-1", "1-east-1", "us east-1"] {
            assert!(!is_region_code(not), "{not}");
        }
        assert!(is_resource_id("ami-", "ami-12345678"));
        assert!(is_resource_id("ami-", "ami-0123456789abcdef0"));
        for not in ["ami-1234567", "ami-1234567G", "bun-12345678", "12345678"] {
            assert!(!is_resource_id("ami-", not), "{not}");
        }
    }
}
