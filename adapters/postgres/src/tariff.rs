use aftermatch_ports::model::Tariff;
use sqlx::Error;

/// Reads the tariff of the `brands` table.
pub(crate) fn read(text: Option<&str>) -> Result<Option<Tariff>, Error> {
    Ok(match text {
        None => None,
        Some("light") => Some(Tariff::Light),
        Some("comfort") => Some(Tariff::Comfort),
        Some("business") => Some(Tariff::Business),
        Some(unknown) => return Err(Error::Decode(format!("unknown tariff {unknown}").into())),
    })
}

/// The tariff as the `brands` table writes it.
pub(crate) fn write(tariff: Tariff) -> &'static str {
    match tariff {
        Tariff::Light => "light",
        Tariff::Comfort => "comfort",
        Tariff::Business => "business",
    }
}
