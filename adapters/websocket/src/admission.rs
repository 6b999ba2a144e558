//! How many connections there may be, in all and of one user.

use std::{collections::HashMap, sync::Arc};

use aftermatch_ports::model::UserId;
use parking_lot::Mutex;

pub(crate) struct Admission {
    max: usize,
    max_per_user: usize,
    present: Mutex<Present>,
}

#[derive(Default)]
struct Present {
    all: usize,
    by_user: HashMap<UserId, usize>,
}

/// A place among the connections, given back when dropped.
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    user: UserId,
}

impl Admission {
    pub(crate) fn new(max: usize, max_per_user: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            max_per_user,
            present: Mutex::default(),
        })
    }

    /// A place for one more connection of `user`, or why there is none.
    pub(crate) fn admit(self: &Arc<Self>, user: UserId) -> Result<Admitted, &'static str> {
        let mut present = self.present.lock();
        if present.all >= self.max {
            return Err("too many connections: try again later");
        }
        let of_user = present.by_user.entry(user).or_default();
        if *of_user >= self.max_per_user {
            return Err("too many connections of one user: close one, or try again later");
        }
        *of_user += 1;
        present.all += 1;
        Ok(Admitted {
            admission: self.clone(),
            user,
        })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut present = self.admission.present.lock();
        present.all -= 1;
        if let Some(of_user) = present.by_user.get_mut(&self.user) {
            *of_user -= 1;
            if *of_user == 0 {
                present.by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_all_and_by_user() {
        let admission = Admission::new(3, 2);
        let ann = admission.admit(UserId(1));
        let ann_again = admission.admit(UserId(1));
        assert!(ann.is_ok() && ann_again.is_ok());
        assert!(
            admission.admit(UserId(1)).is_err(),
            "two are enough for one"
        );
        let bob = admission.admit(UserId(2));
        assert!(bob.is_ok());
        assert!(
            admission.admit(UserId(3)).is_err(),
            "three are enough in all"
        );
        drop(ann);
        assert!(admission.admit(UserId(3)).is_ok(), "a place was given back");
    }
}
