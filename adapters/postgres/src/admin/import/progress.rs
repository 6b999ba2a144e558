/// Rows of one statement.
const CHUNK: usize = 5_000;

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// `users`, `brands`, `rooms` or `messages`.
    pub list: &'static str,
    /// Rows so far.
    pub done: usize,
    /// Rows in all.
    pub of: usize,
}

/// Cuts `rows` into chunks, and reports each to `progress`.
pub(super) fn chunks<'a, T>(
    list: &'static str,
    rows: &'a [T],
    progress: &'a mut impl FnMut(Progress),
) -> impl Iterator<Item = &'a [T]> {
    let mut done = 0;
    rows.chunks(CHUNK).inspect(move |chunk| {
        done += chunk.len();
        let of = rows.len();
        progress(Progress { list, done, of });
    })
}
