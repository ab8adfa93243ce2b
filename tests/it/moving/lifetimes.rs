//! How long a sign-in lasts that has moved to another session.

use super::{Bound, Shopper, Two, parsed};
use crate::support::{DAY, HOUR, MINUTE, SECOND, START, commit, on_manual_clock};

#[tokio::test]
async fn of_two_sign_ins_that_move_the_earlier_end_counts() {
    let (sessions, _, clock) = on_manual_clock::<Two>();
    let guest = sessions.open(None).await.unwrap();
    guest.set_role("reader");
    let guest_token = commit(&guest).await;
    clock.advance(SECOND);
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_deadline(START + 10 * MINUTE);
    let phone_token = commit(&phone).await;
    assert_eq!(phone.deadline(), START + 10 * MINUTE);
    let other = sessions.open(None).await.unwrap();
    other.merge_from(&parsed(&phone_token)).await.unwrap();
    other.merge_from(&parsed(&guest_token)).await.unwrap();
    commit(&other).await;
    assert_eq!((other.account(), other.role().as_deref()), (Some(7), Some("reader")));
    assert_eq!(other.deadline(), START + 10 * MINUTE, "it ends when it would have");
}

#[tokio::test]
async fn signing_in_restarts_the_lifetime_also_with_a_merge_of_the_same_account() {
    let (sessions, _, clock) = on_manual_clock::<Shopper>();
    let old = sessions.open(None).await.unwrap();
    old.set_account(7);
    let old_token = commit(&old).await;
    for _ in 0..(24 * 6 - 1) {
        clock.advance(10 * MINUTE);
        sessions.open(old_token.as_str()).await.unwrap().commit().await.unwrap();
    }
    let login = sessions.open(None).await.unwrap();
    login.set_account(7); // the password was right
    login.merge_from(&parsed(&old_token)).await.unwrap();
    commit(&login).await;
    let left = login.deadline().as_unix_millis() - (START + 24 * HOUR - 10 * MINUTE).as_unix_millis();
    assert_eq!(left, 24 * 60 * 60_000, "signing in restarts the absolute timeout");
}

#[tokio::test]
async fn a_sign_in_that_did_not_come_along_shortens_nothing() {
    let (sessions, _, _) = on_manual_clock::<Bound>();
    let other = sessions.open(None).await.unwrap();
    other.init_account(8).unwrap();
    other.set_deadline(START + 10 * MINUTE);
    let other_token = commit(&other).await;
    let mine = sessions.open(None).await.unwrap();
    mine.init_account(7).unwrap();
    commit(&mine).await;
    mine.merge_from(&parsed(&other_token)).await.unwrap();
    mine.commit().await.unwrap();
    assert_eq!((mine.account(), mine.deadline()), (Some(7), START + DAY), "this session's deadline stays");
}
