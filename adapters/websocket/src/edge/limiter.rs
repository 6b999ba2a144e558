//! How many connections there may be, in all and of one user.

use std::{collections::HashMap, sync::Arc};

use aftermatch_ports::model::UserId;
use parking_lot::Mutex;

pub(crate) struct ConnectionLimiter {
    max: usize,
    max_per_user: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_user: HashMap<UserId, usize>,
}

/// Permission for one connection, given back when dropped.
pub(crate) struct ConnectionPermit {
    limiter: Arc<ConnectionLimiter>,
    user: UserId,
}

impl ConnectionLimiter {
    pub(crate) fn new(max: usize, max_per_user: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            max_per_user,
            open: Mutex::default(),
        })
    }

    /// A permit for one more connection of `user`, or why there is none.
    pub(crate) fn permit(self: &Arc<Self>, user: UserId) -> Result<ConnectionPermit, &'static str> {
        let mut open = self.open.lock();
        if open.all >= self.max {
            return Err("too many connections: try again later");
        }
        let of_user = open.by_user.entry(user).or_default();
        if *of_user >= self.max_per_user {
            return Err("too many connections of one user: close one, or try again later");
        }
        *of_user += 1;
        open.all += 1;
        Ok(ConnectionPermit {
            limiter: self.clone(),
            user,
        })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.limiter.open.lock();
        open.all -= 1;
        if let Some(of_user) = open.by_user.get_mut(&self.user) {
            *of_user -= 1;
            if *of_user == 0 {
                open.by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_limited_overall_and_per_user() {
        let limiter = ConnectionLimiter::new(3, 2);
        let ann = limiter.permit(UserId(1));
        let ann_again = limiter.permit(UserId(1));
        assert!(ann.is_ok() && ann_again.is_ok());
        assert!(
            limiter.permit(UserId(1)).is_err(),
            "two are enough for one user"
        );
        let bob = limiter.permit(UserId(2));
        assert!(bob.is_ok());
        assert!(
            limiter.permit(UserId(3)).is_err(),
            "three are enough in all"
        );
        drop(ann);
        assert!(limiter.permit(UserId(3)).is_ok(), "a permit was given back");
    }
}
