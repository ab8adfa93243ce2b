//! The sets of requests that are explored: who takes part, what each browser does, and how.

use super::{
    explore::{APART, How, SLOWLY, SLOWLY_APART, TOGETHER, each_schedule, explore},
    request::{
        Answer,
        Request::{self, *},
    },
    serial::Serial,
    world::{ACCOUNT, Cast, Outcome, World},
};

/// Explores every schedule of a set. How many there are at least is said, so that they do not become fewer unnoticed.
macro_rules! explored {
    ($(
        $(#[$attribute:meta])* $test:ident
            $cast:ident [$($browser:literal $request:expr),*] [$($how:ident),*] at least $schedules:literal;
    )*) => {
        $(
            #[test]
            $(#[$attribute])*
            fn $test() {
                let explored = [$($how),*].map(|how| explore($cast, &[$(($browser, $request)),*], how));
                println!("{}: {explored:?} schedules", stringify!($test));
                assert!(explored.iter().sum::<usize>() >= $schedules, "only {explored:?} schedules");
            }
        )*
    };
}

const ONE: Cast = Cast { browsers: 1, signed_in: 0 };
const SIGNED_IN: Cast = Cast { browsers: 1, signed_in: 1 };
const TWO: Cast = Cast { browsers: 2, signed_in: 1 };
const BOTH: Cast = Cast { browsers: 2, signed_in: 2 };
const THREE: Cast = Cast { browsers: 3, signed_in: 0 };

explored! {
    writers_and_a_logout
        SIGNED_IN [0 Rename("a"), 0 Hit, 0 LogOut] [TOGETHER, APART] at least 250;
    writers_of_one_field
        ONE [0 Rename("a"), 0 Rename("b"), 0 Visit] [TOGETHER, APART] at least 700;
    claims
        ONE [0 Claim, 0 Claim, 0 Claim] [TOGETHER, APART] at least 250;
    additions_and_a_renewal
        ONE [0 Hit, 0 Hit, 0 Renew] [TOGETHER, APART] at least 500;
    updates_and_additions
        ONE [0 Visit, 0 Visit, 0 Hit] [TOGETHER, APART] at least 700;
    sign_ins_and_a_writer
        ONE [0 SignIn(ACCOUNT), 0 SignIn(8), 0 Rename("a")] [TOGETHER, APART] at least 9_000;
    a_sign_out_a_writer_and_a_pop
        SIGNED_IN [0 SignOut, 0 Rename("a"), 0 Pop] [TOGETHER, APART] at least 500;
    a_revocation_of_all_a_sign_in_and_a_writer
        TWO [0 RevokeAll(ACCOUNT), 1 SignIn(ACCOUNT), 0 Hit] [TOGETHER, APART] at least 760;
    a_revocation_of_two_and_their_writers
        BOTH [0 RevokeAll(ACCOUNT), 0 Hit, 1 Hit] [TOGETHER, APART] at least 420;
    a_revocation_of_others_a_sign_in_and_a_writer
        BOTH [0 RevokeOthers, 1 SignIn(ACCOUNT), 1 Hit] [TOGETHER, APART] at least 1_400;
    a_sign_in_that_takes_over_what_is_claimed
        TWO [1 SignInWith(ACCOUNT), 0 Claim] [TOGETHER, APART] at least 130;
    a_sign_in_that_takes_over_a_writer_and_a_logout
        TWO [1 SignInWith(ACCOUNT), 0 Hit, 0 LogOut] [TOGETHER] at least 2_500;
    a_session_that_is_cleared_a_writer_and_a_sign_in
        SIGNED_IN [0 Clear, 0 Hit, 0 SignIn(8)] [TOGETHER, APART] at least 1_800;
    a_revocation_a_renewal_and_a_writer
        SIGNED_IN [0 Revoke(0), 0 Renew, 0 Visit] [TOGETHER, APART] at least 240;
    a_logout_a_reader_and_a_writer
        SIGNED_IN [0 LogOut, 0 Read, 0 Rename("a")] [TOGETHER, APART] at least 150;
    expiry_a_reader_and_a_writer
        SIGNED_IN [0 Expire, 0 Read, 0 Hit] [TOGETHER, APART] at least 50;
    expiry_a_sign_in_and_a_claim
        ONE [0 Expire, 0 SignIn(ACCOUNT), 0 Claim] [TOGETHER, APART] at least 160;
    first_registrations_and_a_writer
        ONE [0 Register("a"), 0 Register("b"), 0 Hit] [TOGETHER, APART] at least 600;
    a_claim_a_pop_and_a_logout
        ONE [0 Claim, 0 Pop, 0 LogOut] [TOGETHER, APART] at least 230;
    three_sign_ins_where_two_may_be
        THREE [0 SignIn(ACCOUNT), 1 SignIn(ACCOUNT), 2 SignIn(ACCOUNT)] [TOGETHER, APART] at least 1_000;
    two_writers_with_slow_answers
        ONE [0 Visit, 0 Rename("a")] [SLOWLY, SLOWLY_APART] at least 280;
    a_renewal_and_a_writer_with_slow_answers
        ONE [0 Renew, 0 Hit] [SLOWLY, SLOWLY_APART] at least 240;
    a_revocation_of_all_and_a_writer_with_slow_answers
        SIGNED_IN [0 RevokeAll(ACCOUNT), 0 Hit] [SLOWLY, SLOWLY_APART] at least 140;
    a_sign_in_that_takes_over_and_a_logout_with_slow_answers
        TWO [1 SignInWith(ACCOUNT), 0 LogOut] [SLOWLY, SLOWLY_APART] at least 5_500;
    sign_ins_with_slow_answers
        ONE [0 SignIn(ACCOUNT), 0 SignIn(ACCOUNT)] [SLOWLY, SLOWLY_APART] at least 1_400;
    #[ignore = "takes minutes: just schedules"]
    writers_and_a_logout_with_slow_answers
        SIGNED_IN [0 Rename("a"), 0 Hit, 0 LogOut] [SLOWLY] at least 150_000;
    #[ignore = "takes minutes: just schedules"]
    claims_with_slow_answers
        ONE [0 Claim, 0 Claim, 0 Claim] [SLOWLY] at least 150_000;
    #[ignore = "takes minutes: just schedules"]
    a_logout_a_reader_and_a_writer_with_slow_answers
        SIGNED_IN [0 LogOut, 0 Read, 0 Rename("a")] [SLOWLY] at least 30_000;
}

/// No serial order explains a session whose sign-in was ended on its way: it ends as a whole.
fn ended_on_its_way(Outcome { answers, signed_in, .. }: &Outcome) -> bool {
    answers[0] == Answer::Lost && *signed_in == 0
}

#[test]
fn a_merge_a_writer_and_a_logout_of_the_other() {
    let requests = [(1, Absorb(0)), (1, Hit), (0, LogOut)];
    let mut serial = Serial::new(TWO, &requests);
    let ended_well = async |_: &World, outcome: &Outcome| ended_on_its_way(outcome) || serial.explains(outcome).await;
    let schedules = each_schedule(TWO, &requests, TOGETHER, ended_well);
    assert!(schedules >= 1_000, "only {schedules} schedules");
}

#[test]
fn no_sign_in_moves_past_a_revocation_of_all() {
    let requests = [(1, Absorb(0)), (0, RevokeAll(ACCOUNT))];
    for how in [TOGETHER, APART] {
        let schedules = each_schedule(TWO, &requests, how, async |_, outcome| outcome.signed_in == 0);
        assert!(schedules >= 700, "only {schedules} schedules");
    }
}

/// The one that gets there first has what the other session had; a sign-in goes on without.
fn of_two_that_take_over_a_session_one_signs_in(request: Request, how: How, at_least: usize) {
    let requests = [(1, request), (1, request)];
    let ended_well = async |_: &World, outcome: &Outcome| {
        outcome.signed_in > 0 && outcome.answers.iter().any(|answer| *answer != Answer::Lost)
    };
    let schedules = each_schedule(TWO, &requests, how, ended_well);
    assert!(schedules >= at_least, "only {schedules} schedules");
}

#[test]
fn of_two_merges_by_one_browser_one_signs_in() {
    of_two_that_take_over_a_session_one_signs_in(Absorb(0), TOGETHER, 240);
}

#[test]
#[ignore = "takes minutes: just schedules"]
fn of_two_merges_by_one_browser_in_two_processes_one_signs_in() {
    of_two_that_take_over_a_session_one_signs_in(Absorb(0), APART, 85_000);
}

#[test]
fn of_two_sign_ins_by_one_browser_one_signs_in() {
    of_two_that_take_over_a_session_one_signs_in(SignInWith(ACCOUNT), TOGETHER, 1_900);
}
