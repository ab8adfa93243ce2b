//! Nothing in this schema says whose session it is.

use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    #[session(index)]
    device: Option<String>,
    #[session(renews)]
    account: Option<u64>,
}

async fn changed_password(session: TypedSession<Visitor>) -> Result<u64, scs::SessionError> {
    session.login_with(Visitor::by_device("phone".to_owned())).await?;
    session.revoke_others().await
}

fn main() {}
