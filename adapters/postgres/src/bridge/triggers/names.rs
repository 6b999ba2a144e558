use crate::bridge::{
    mapping::Source,
    sql::{Bridge, quote},
};

/// The longest name of Postgres, in bytes.
const MAX: usize = 63;

/// The name of the function of a source.
pub(super) fn function(source: &Source) -> String {
    truncated(format!("bridge_mark_{}", source.name()))
}

/// The name that an earlier version gave it. Its trigger is for each row.
pub(super) fn earlier_function(source: &Source) -> String {
    truncated(format!("bridge_mark_{}_{}", source.schema, source.table))
}

/// The name of a trigger. Two chats can have bridges to one platform.
pub(super) fn trigger(bridge: &Bridge, what: &str) -> String {
    quote(&truncated(format!("{}_bridge_{what}", bridge.schema_name)))
}

/// The table of a source, quoted.
pub(crate) fn table(source: &Source) -> String {
    format!("{}.{}", quote(&source.schema), quote(&source.table))
}

/// As Postgres does it.
fn truncated(mut name: String) -> String {
    while name.len() > MAX {
        name.pop();
    }
    name
}
