//! Amounts as people read them.

use crate::text::{Unit, one_line};

/// `4900, "usd"` as `49.00 USD`. An amount in a currency that is not known here is shown in its
/// minor units, and says so.
///
/// The decimals are those of Stripe's amounts, which differ from ISO 4217 for `isk`, `mga` and
/// `ugx`: see [Supported currencies](https://docs.stripe.com/currencies).
pub(crate) fn shown(minor: i64, currency: &str) -> String {
    let code = currency.trim().to_ascii_uppercase();
    let Some(decimals) = decimals(&code) else {
        let named = one_line(Unit::Chars.cut(&code, LONGEST_CODE)).into_owned();
        return format!("{minor} {named} (minor units)");
    };
    let (sign, size) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    if decimals == 0 {
        return format!("{sign}{size} {code}");
    }
    let unit = 10_u64.pow(decimals);
    let width = decimals as usize;
    format!("{sign}{}.{:0width$} {code}", size / unit, size % unit)
}

fn decimals(code: &str) -> Option<u32> {
    let known = [(0, NONE), (2, TWO), (3, THREE)];
    let (decimals, _) = known.into_iter().find(|(_, codes)| {
        code.len() == 3 && codes.split_ascii_whitespace().any(|known| known == code)
    })?;
    Some(decimals)
}

/// Characters shown of a code that is none.
const LONGEST_CODE: usize = 16;

const NONE: &str = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";

const TWO: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
    CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
    HKD HNL HTG HUF IDR ILS INR IRR ISK JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD \
    MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON \
    RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TOP TRY TTD TWD TZS \
    UAH UGX USD UYU UZS VES WST XCD XCG YER ZAR ZMW";

const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        for (minor, currency, expected) in [
            (4900, "usd", "49.00 USD"),
            (5, " eur ", "0.05 EUR"),
            (-1, "EUR", "-0.01 EUR"),
            (500, "jpy", "500 JPY"),
            (1234, "kwd", "1.234 KWD"),
            (500, "isk", "5.00 ISK"),
            (0, "mga", "0 MGA"),
            (i64::MIN, "usd", "-92233720368547758.08 USD"),
            (i64::MIN, "jpy", "-9223372036854775808 JPY"),
        ] {
            assert_eq!(shown(minor, currency), expected);
        }
    }

    #[test]
    fn an_unknown_currency_is_shown_in_minor_units() {
        assert_eq!(shown(4900, "btc"), "4900 BTC (minor units)");
        assert_eq!(shown(-4900, ""), "-4900  (minor units)");
        assert_eq!(shown(1, "US\nD"), "1 US D (minor units)");
        assert_eq!(shown(1, "USD EUR"), "1 USD EUR (minor units)");
        let long = shown(1, &"é".repeat(10_000));
        assert_eq!(long.chars().count(), "1  (minor units)".len() + LONGEST_CODE);
    }

    #[test]
    fn no_code_has_two_readings() {
        let mut codes: Vec<_> =
            [NONE, TWO, THREE].iter().flat_map(|codes| codes.split_ascii_whitespace()).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert!(codes.iter().all(|code| code.len() == 3));
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_back(minor: i64, at in 0..1_000_usize) {
            let codes: Vec<_> =
                [NONE, TWO, THREE].iter().flat_map(|codes| codes.split_ascii_whitespace()).collect();
            let code = codes[at % codes.len()];
            let shown = shown(minor, code);
            let (number, read_code) = shown.split_once(' ').unwrap();
            prop_assert_eq!(read_code, code);
            prop_assert_eq!(number.replace('.', "").parse::<i64>().unwrap(), minor);
        }

        #[test]
        fn whatever_the_currency_is_called_it_is_one_line(minor: i64, currency in ".{0,40}") {
            let shown = shown(minor, &currency);
            prop_assert!(shown.contains(&minor.unsigned_abs().to_string()[..1]));
            prop_assert!(!shown.contains(['\n', '\r']));
        }
    }
}
