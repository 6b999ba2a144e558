use aftermatch_ports::model::Tariff;
use sqlx::Error;

/// Reads the column `brands.tariff`.
pub(crate) fn decode(text: Option<&str>) -> Result<Option<Tariff>, Error> {
    Ok(match text {
        None => None,
        Some("light") => Some(Tariff::Light),
        Some("comfort") => Some(Tariff::Comfort),
        Some("business") => Some(Tariff::Business),
        Some(unknown) => return Err(Error::Decode(format!("unknown tariff {unknown}").into())),
    })
}

/// The value of the column `brands.tariff`.
pub(crate) fn encode(tariff: Tariff) -> &'static str {
    match tariff {
        Tariff::Light => "light",
        Tariff::Comfort => "comfort",
        Tariff::Business => "business",
    }
}
