use aftermatch_model::{BrandId, Profile, UserId, World, world::NewUser};

use super::given::{ADMIN, ANNA, ANNAS, BORIS, BORISS, NOBODY, brand, people_and, profile, user};
use super::{Subject, asked};
use crate::Read;

/// A user is found, fresh or cached, as the platform gave it and with the brand
/// it owns.
pub async fn a_user_is_found_with_the_brand_it_owns<S: Subject>() {
    let odd = r#"{ "b":1.00,"a":123456789012345678901234567890, "имя":"\u0416" }"#;
    let anna = NewUser {
        active: false,
        profile: Profile::new(odd),
        ..user(ANNA)
    };
    let users = vec![user(ADMIN), anna];
    let world = World::new(users, vec![brand(ANNAS, ANNA)], vec![], vec![]).unwrap();
    let subject = S::holding(world).await;

    for read in [Read::Fresh, Read::Cached] {
        let anna = subject.people().user(ANNA, read).await.unwrap().unwrap();
        assert_eq!(anna.id, ANNA);
        assert!(!anna.active);
        assert!(!anna.admin);
        assert_eq!(anna.brand, Some(ANNAS));
        assert_eq!(anna.profile.as_str(), odd);
        let admin = subject.people().user(ADMIN, read).await.unwrap().unwrap();
        assert_eq!(admin.id, ADMIN);
        assert!(admin.active);
        assert!(admin.admin);
        assert_eq!(admin.brand, None);
    }
}

/// A user who is not there is none, fresh or cached.
pub async fn a_user_who_is_not_there_is_none<S: Subject>() {
    let subject = S::holding(people_and(vec![])).await;
    for read in [Read::Fresh, Read::Cached] {
        assert_eq!(subject.people().user(NOBODY, read).await.unwrap(), None);
    }
}

/// A user whom the platform puts there later is found, with a brand as soon as
/// there is one.
pub async fn a_user_put_later_is_found<S: Subject>() {
    let subject = S::holding(World::default()).await;
    subject.put_user(user(ANNA)).await;
    assert_eq!(asked::user(&subject, ANNA).await.brand, None);
    subject.put_brand(brand(ANNAS, ANNA)).await;
    assert_eq!(asked::user(&subject, ANNA).await.brand, Some(ANNAS));
}

/// Whatever changes of a user moves its revision, and shows.
pub async fn every_change_of_a_user_moves_its_revision<S: Subject>() {
    let subject = S::holding(people_and(vec![])).await;
    let mut anna = user(ANNA);
    let mut before = asked::user(&subject, ANNA).await;
    let changes: [fn(&mut NewUser); 4] = [
        |anna| anna.active = false,
        |anna| anna.admin = true,
        |anna| anna.profile = profile(9),
        |anna| anna.active = true,
    ];
    for change in changes {
        change(&mut anna);
        subject.put_user(anna.clone()).await;
        let now = asked::user(&subject, ANNA).await;
        assert_ne!(now.revision, before.revision, "{anna:?}");
        assert_eq!((now.active, now.admin), (anna.active, anna.admin));
        assert_eq!(now.profile, anna.profile);
        assert_eq!(now.brand, Some(ANNAS), "a user put again keeps its brand");
        before = now;
    }
}

/// A brand that changes hands moves the revisions of the owner before and of the
/// owner now.
pub async fn a_brand_that_changes_hands_moves_both_owners_revisions<S: Subject>() {
    let subject = S::holding(people_and(vec![])).await;
    let anna = asked::user(&subject, ANNA).await;
    let admin = asked::user(&subject, ADMIN).await;

    subject.put_brand(brand(ANNAS, ADMIN)).await;
    let former = asked::user(&subject, ANNA).await;
    let owner = asked::user(&subject, ADMIN).await;
    assert_eq!((former.brand, owner.brand), (None, Some(ANNAS)));
    assert_ne!(former.revision, anna.revision);
    assert_ne!(owner.revision, admin.revision);

    subject.put_brand(brand(BrandId(23), ANNA)).await;
    let again = asked::user(&subject, ANNA).await;
    assert_eq!(again.brand, Some(BrandId(23)));
    assert_ne!(again.revision, former.revision);
}

/// A user to whom nothing happened keeps its revision, whatever the platform
/// writes over with the same and whatever happens to others.
pub async fn a_user_to_whom_nothing_happened_keeps_its_revision<S: Subject>() {
    let subject = S::holding(people_and(vec![])).await;
    let anna = asked::user(&subject, ANNA).await;

    subject.put_user(user(ANNA)).await;
    subject.put_brand(brand(ANNAS, ANNA)).await;
    let mut boris = user(BORIS);
    boris.active = false;
    subject.put_user(boris).await;
    subject.put_brand(brand(BORISS, ADMIN)).await;
    subject.put_user(user(UserId(4))).await;

    assert_eq!(asked::user(&subject, ANNA).await, anna);
}
