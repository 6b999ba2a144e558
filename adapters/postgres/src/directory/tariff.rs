use aftermatch_ports::model::Tariff;

/// Reads the column `brands.tariff`. A tariff that this program does not know, of a newer
/// one for example, gives no rights.
pub(crate) fn decode(brand: i64, text: Option<&str>) -> Option<Tariff> {
    match text? {
        "light" => Some(Tariff::Light),
        "comfort" => Some(Tariff::Comfort),
        "business" => Some(Tariff::Business),
        unknown => {
            tracing::error!(brand, tariff = unknown, "a brand has an unknown tariff");
            None
        }
    }
}

/// The value of the column `brands.tariff`.
pub(crate) fn encode(tariff: Tariff) -> &'static str {
    match tariff {
        Tariff::Light => "light",
        Tariff::Comfort => "comfort",
        Tariff::Business => "business",
    }
}
