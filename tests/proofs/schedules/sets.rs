//! The sets of requests that are explored.

use super::{
    Explorer, Gate,
    request::Request::*,
    serial::Serial,
    world::{ACCOUNT, By, Cast, World},
};

/// Explores every schedule of a set, of which there must be so many.
macro_rules! explored {
    ($($(#[$attribute:meta])* $test:ident: $cast:expr, $requests:expr, $how:expr, $at_least:expr;)*) => {
        $(
            #[test]
            $(#[$attribute])*
            fn $test() {
                let explored: Vec<usize> = $how.iter().map(|how| explore($cast, &$requests, *how)).collect();
                println!("{}: {explored:?} schedules", stringify!($test));
                assert!(explored.iter().sum::<usize>() >= $at_least, "only {explored:?} schedules");
            }
        )*
    };
}

const ONE: Cast = Cast { browsers: 1, signed_in: 0 };
const SIGNED_IN: Cast = Cast { browsers: 1, signed_in: 1 };
const TWO: Cast = Cast { browsers: 2, signed_in: 1 };
const BOTH: Cast = Cast { browsers: 2, signed_in: 2 };
const THREE: Cast = Cast { browsers: 3, signed_in: 0 };

/// How a set is explored.
#[derive(Clone, Copy)]
struct How {
    /// Whether each request has a process of its own: then nobody takes turns.
    processes: bool,
    /// Whether answers are steps of their own.
    answers: bool,
}

const TOGETHER: How = How { processes: false, answers: false };
const APART: How = How { processes: true, answers: false };
const SLOWLY: How = How { processes: false, answers: true };
const SLOWLY_APART: How = How { processes: true, answers: true };

explored! {
    writers_and_a_logout: SIGNED_IN, [(0, Rename("a")), (0, Hit), (0, LogOut)], [TOGETHER, APART], 250;
    writers_of_one_field: ONE, [(0, Rename("a")), (0, Rename("b")), (0, Visit)], [TOGETHER, APART], 700;
    claims: ONE, [(0, Claim), (0, Claim), (0, Claim)], [TOGETHER, APART], 250;
    additions_and_a_renewal: ONE, [(0, Hit), (0, Hit), (0, Renew)], [TOGETHER, APART], 500;
    updates_and_additions: ONE, [(0, Visit), (0, Visit), (0, Hit)], [TOGETHER, APART], 700;
    sign_ins_and_a_writer: ONE, [(0, SignIn(ACCOUNT)), (0, SignIn(8)), (0, Rename("a"))], [TOGETHER, APART], 9000;
    a_sign_out_a_writer_and_a_pop: SIGNED_IN, [(0, SignOut), (0, Rename("a")), (0, Pop)], [TOGETHER, APART], 500;
    a_revocation_of_all_a_sign_in_and_a_writer: TWO, [(0, RevokeAll(ACCOUNT)), (1, SignIn(ACCOUNT)), (0, Hit)], [TOGETHER], 3000;
    a_revocation_of_two_and_their_writers: BOTH, [(0, RevokeAll(ACCOUNT)), (0, Hit), (1, Hit)], [TOGETHER], 1200;
    a_revocation_a_renewal_and_a_writer: SIGNED_IN, [(0, Revoke(0)), (0, Renew), (0, Visit)], [TOGETHER, APART], 240;
    a_logout_a_reader_and_a_writer: SIGNED_IN, [(0, LogOut), (0, Read), (0, Rename("a"))], [TOGETHER, APART], 150;
    expiry_a_reader_and_a_writer: SIGNED_IN, [(0, Expire), (0, Read), (0, Hit)], [TOGETHER, APART], 50;
    expiry_a_sign_in_and_a_claim: ONE, [(0, Expire), (0, SignIn(ACCOUNT)), (0, Claim)], [TOGETHER, APART], 160;
    first_registrations_and_a_writer: ONE, [(0, Register("a")), (0, Register("b")), (0, Hit)], [TOGETHER, APART], 600;
    a_claim_a_pop_and_a_logout: ONE, [(0, Claim), (0, Pop), (0, LogOut)], [TOGETHER, APART], 230;
    a_merge_a_writer_and_a_logout_of_the_other: TWO, [(1, Absorb(0)), (1, Hit), (0, LogOut)], [TOGETHER], 1000;
    // In one process: those who are admitted and have not written yet look like the dead to another one.
    three_sign_ins_where_two_may_be: THREE, [(0, SignIn(ACCOUNT)), (1, SignIn(ACCOUNT)), (2, SignIn(ACCOUNT))], [TOGETHER], 70;
    two_writers_with_slow_answers: ONE, [(0, Visit), (0, Rename("a"))], [SLOWLY, SLOWLY_APART], 280;
    a_renewal_and_a_writer_with_slow_answers: ONE, [(0, Renew), (0, Hit)], [SLOWLY, SLOWLY_APART], 240;
    a_revocation_of_all_and_a_writer_with_slow_answers: SIGNED_IN, [(0, RevokeAll(ACCOUNT)), (0, Hit)], [SLOWLY, SLOWLY_APART], 900;
    sign_ins_with_slow_answers: ONE, [(0, SignIn(ACCOUNT)), (0, SignIn(ACCOUNT))], [SLOWLY, SLOWLY_APART], 1400;
    #[ignore = "takes minutes: just schedules"] writers_and_a_logout_with_slow_answers: SIGNED_IN, [(0, Rename("a")), (0, Hit), (0, LogOut)], [SLOWLY], 150_000;
    #[ignore = "takes minutes: just schedules"] claims_with_slow_answers: ONE, [(0, Claim), (0, Claim), (0, Claim)], [SLOWLY], 150_000;
    #[ignore = "takes minutes: just schedules"] a_logout_a_reader_and_a_writer_with_slow_answers: SIGNED_IN, [(0, LogOut), (0, Read), (0, Rename("a"))], [SLOWLY], 30_000;
}

fn explore(cast: Cast, requests: &[By], how: How) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut explorer = Explorer::default();
        let mut serial = Serial::new(cast, requests);
        let mut schedules = 0;
        loop {
            let gate = if how.answers { Gate::of_calls_and_answers() } else { Gate::of_calls() };
            let world = World::new(cast).await;
            let outcome = world.race(requests, &gate, how.processes, |of| explorer.choose(of)).await;
            assert!(serial.explains(&outcome).await, "{requests:?} as {gate}: no serial order ends with {outcome:#?}");
            schedules += 1;
            if !explorer.turn() {
                return schedules;
            }
        }
    })
}
