use aftermatch_model::{BrandId, Profile, UserId, World, world::NewUser};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, ODD_PROFILE, UNKNOWN_USER, brand, inactive,
    profile, user, with_rooms,
};
use super::{operations, subject::Subject};
use crate::Read;

/// A user is read, fresh or cached, as the platform gave it and with the brand it
/// owns.
pub async fn user_read_returns_owned_brand<S: Subject>() {
    let anna = NewUser {
        active: false,
        profile: Profile::new(ODD_PROFILE),
        ..user(ANNA)
    };
    let users = vec![user(ADMIN), anna];
    let world = World::new(users, vec![brand(ANNA_BRAND, ANNA)], vec![], vec![]).unwrap();
    let subject = S::with_world(world).await;

    for read in [Read::Fresh, Read::Cached] {
        let anna = subject.people().user(ANNA, read).await.unwrap().unwrap();
        assert_eq!(anna.id, ANNA);
        assert!(!anna.active);
        assert!(!anna.admin);
        assert_eq!(anna.brand, Some(ANNA_BRAND));
        assert_eq!(anna.profile.as_str(), ODD_PROFILE);
        let admin = subject.people().user(ADMIN, read).await.unwrap().unwrap();
        assert_eq!(admin.id, ADMIN);
        assert!(admin.active);
        assert!(admin.admin);
        assert_eq!(admin.brand, None);
    }
}

/// A user who does not exist is `None`, fresh or cached.
pub async fn unknown_user_reads_as_none<S: Subject>() {
    let subject = S::with_world(with_rooms(vec![])).await;
    for read in [Read::Fresh, Read::Cached] {
        assert_eq!(
            subject.people().user(UNKNOWN_USER, read).await.unwrap(),
            None
        );
    }
}

/// A user that the platform adds later is found, with its brand as soon as there is
/// one.
pub async fn user_added_later_is_found<S: Subject>() {
    let subject = S::with_world(World::default()).await;
    subject.put_user(user(ANNA)).await;
    assert_eq!(operations::user(&subject, ANNA).await.brand, None);
    subject.put_brand(brand(ANNA_BRAND, ANNA)).await;
    assert_eq!(
        operations::user(&subject, ANNA).await.brand,
        Some(ANNA_BRAND)
    );
}

/// Every change of a user changes its revision, and the next read shows it.
pub async fn user_change_changes_revision<S: Subject>() {
    let subject = S::with_world(with_rooms(vec![])).await;
    let mut anna = user(ANNA);
    let mut before = operations::user(&subject, ANNA).await;
    let changes: [fn(&mut NewUser); 4] = [
        |anna| anna.active = false,
        |anna| anna.admin = true,
        |anna| anna.profile = profile(9),
        |anna| anna.active = true,
    ];
    for change in changes {
        change(&mut anna);
        subject.put_user(anna.clone()).await;
        let now = operations::user(&subject, ANNA).await;
        assert_ne!(now.revision, before.revision, "{anna:?}");
        assert_eq!((now.active, now.admin), (anna.active, anna.admin));
        assert_eq!(now.profile, anna.profile);
        assert_eq!(now.brand, Some(ANNA_BRAND), "the brand stays");
        before = now;
    }
}

/// A brand that gets another owner changes the revisions of the former and of the
/// new owner.
pub async fn brand_transfer_changes_both_owners_revisions<S: Subject>() {
    let subject = S::with_world(with_rooms(vec![])).await;
    let anna = operations::user(&subject, ANNA).await;
    let admin = operations::user(&subject, ADMIN).await;

    subject.put_brand(brand(ANNA_BRAND, ADMIN)).await;
    let former = operations::user(&subject, ANNA).await;
    let owner = operations::user(&subject, ADMIN).await;
    assert_eq!((former.brand, owner.brand), (None, Some(ANNA_BRAND)));
    assert_ne!(former.revision, anna.revision);
    assert_ne!(owner.revision, admin.revision);

    subject.put_brand(brand(BrandId(23), ANNA)).await;
    let again = operations::user(&subject, ANNA).await;
    assert_eq!(again.brand, Some(BrandId(23)));
    assert_ne!(again.revision, former.revision);
}

/// A user that did not change keeps its revision, even when the platform writes the
/// same values again or changes others.
pub async fn unchanged_user_keeps_revision<S: Subject>() {
    let subject = S::with_world(with_rooms(vec![])).await;
    let anna = operations::user(&subject, ANNA).await;

    subject.put_user(user(ANNA)).await;
    subject.put_brand(brand(ANNA_BRAND, ANNA)).await;
    subject.put_user(inactive(BORIS)).await;
    subject.put_brand(brand(BORIS_BRAND, ADMIN)).await;
    subject.put_user(user(UserId(4))).await;

    assert_eq!(operations::user(&subject, ANNA).await, anna);
}
