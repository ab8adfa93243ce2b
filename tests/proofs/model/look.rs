//! What an open session looks like, to the model and in reality.

use super::{
    fields::{Value, read},
    handle::{FIELDS, Handle},
    lane::Lane,
    operation::Operation,
    real::Real,
    reference::{Model, from_last},
};

type Look = Vec<(&'static str, Value)>;

/// Compares the session that an operation was about.
pub(super) fn look(operation: &Operation, lane: &Lane, model: &Model, real: &Real<'_>) -> Result<(), String> {
    let number = match operation {
        Operation::On(number, _) => *number,
        _ => 0,
    };
    let Some(number) = from_last(model.handles.len(), number) else { return Ok(()) };
    let due = due(model, &model.handles[number], lane.is_alone());
    let seen = seen(real, number, lane);
    match due.iter().zip(&seen).find(|(due, seen)| due != seen) {
        None => Ok(()),
        Some((due, seen)) => Err(format!("after {operation:?} handle {number} has {seen:?} and not {due:?}")),
    }
}

fn due(model: &Model, handle: &Handle, expires: bool) -> Look {
    let fields = FIELDS.into_iter().filter(|field| *field != "legacy");
    let mut look: Look = fields.map(|field| (field, read(&handle.shown, field, model.now))).collect();
    look.retain(|(field, _)| *field != "notice");
    look.push(("notice", handle.peek(model.now)));
    look.push(("local", handle.local.into_iter().collect()));
    look.push(("session", vec![handle.id as u64]));
    look.push(("is new", vec![u64::from(handle.stored.is_none())]));
    look.push(("began", vec![handle.began]));
    look.push(("deadline", vec![model.deadline(handle)]));
    if expires {
        look.push(("expires in", vec![model.expires_in(handle)]));
    }
    look
}

fn seen(real: &Real<'_>, number: usize, lane: &Lane) -> Look {
    let session = &real.handles[number];
    let own = |value: Option<u64>| value.map(|value| value - real.offset);
    let now = session.snapshot();
    let mut look = vec![
        ("team", optional(own(now.team))),
        ("account", optional(own(now.account))),
        ("visits", vec![now.visits]),
        ("hits", vec![now.hits]),
        ("name", optional(now.name)),
        ("cart", now.cart),
        ("otp", optional(now.otp)),
        ("device", optional(now.device)),
        ("tags", now.tags.into_iter().collect()),
        ("draft", vec![now.draft]),
        ("captcha", optional(now.captcha)),
        ("address", optional(now.address)),
        ("page_size", vec![now.page_size]),
        ("notice", optional(now.notice)),
        ("local", optional(now.began)),
        ("session", real.number_of(session.id()).into_iter().map(|number| number as u64).collect()),
        ("is new", vec![u64::from(session.is_new())]),
        ("began", vec![real.seconds(session.created_at())]),
        ("deadline", vec![real.seconds(session.deadline())]),
    ];
    if lane.is_alone() {
        look.push(("expires in", vec![session.expires_in().as_secs()]));
    }
    look
}

fn optional(value: Option<u64>) -> Value {
    value.into_iter().collect()
}
