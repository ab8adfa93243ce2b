//! A to-do list in plain HTML forms: no script, and whatever people type is shown as they typed it.
//!
//! Start it, then open <http://localhost:3000> in a browser, or type:
//!
//! ```sh
//! cargo run --example form
//! curl --cookie-jar jar --cookie jar --location --data-urlencode "text=read <scs>" http://localhost:3000/tasks
//! curl --cookie-jar jar --cookie jar --location --data "" http://localhost:3000/tasks/1/done
//! ```

use axum::{
    Form, Router,
    extract::Path,
    http::StatusCode,
    response::Redirect,
    routing::{get, post},
};
use maud::{DOCTYPE, Markup, html};
use scs::{MemoryStore, Session, SessionManager, TypedSession};
use serde::{Deserialize, Serialize};

/// A session is no database: this many tasks of this length fit into one.
const MOST_TASKS: usize = 50;
const LONGEST_TEXT: usize = 200;

#[derive(Session)]
struct Planner {
    tasks: Vec<Task>,
    #[session(flash)]
    complaint: Option<String>,
}

#[derive(Serialize, Deserialize, Clone)]
struct Task {
    number: u32,
    text: String,
    done: bool,
}

async fn list(session: TypedSession<Planner>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "To do" } style { "form, li form { display: inline }" } }
            body {
                h1 { "To do" }
                @if let Some(complaint) = session.pop_complaint() { p role="alert" { (complaint) } }
                ul { @for task in session.tasks() { li { (row(&task)) } } }
                form method="post" action="/tasks" {
                    input name="text" aria-label="A new task" maxlength=(LONGEST_TEXT) required autofocus;
                    " "
                    button { "Add" }
                }
            }
        }
    }
}

fn row(task: &Task) -> Markup {
    html! {
        @if task.done { s { (task.text) } } @else { (task.text) }
        " "
        @if !task.done { form method="post" action={ "/tasks/" (task.number) "/done" } { button { "Done" } } }
        form method="post" action={ "/tasks/" (task.number) "/remove" } { button { "Remove" } }
    }
}

#[derive(Deserialize)]
struct NewTask {
    text: String,
}

async fn add(session: TypedSession<Planner>, Form(NewTask { text }): Form<NewTask>) -> Redirect {
    let is_added = text.chars().count() <= LONGEST_TEXT
        // Everything that depends on the list is inside: if another window adds a task meanwhile, this runs again on
        // the longer list.
        && session.update_tasks(move |tasks| {
            let has_room = tasks.len() < MOST_TASKS;
            if has_room {
                let number = tasks.last().map_or(1, |last| last.number + 1);
                tasks.push(Task { number, text: text.clone(), done: false });
            }
            has_room
        });
    if !is_added {
        session.set_complaint(format!("At most {MOST_TASKS} tasks of {LONGEST_TEXT} characters, please."));
    }
    Redirect::to("/")
}

async fn finish(session: TypedSession<Planner>, Path(number): Path<u32>) -> Result<Redirect, StatusCode> {
    let is_found = session.update_tasks(move |tasks| {
        let task = tasks.iter_mut().find(|task| task.number == number);
        task.map(|task| task.done = true).is_some()
    });
    if is_found { Ok(Redirect::to("/")) } else { Err(StatusCode::NOT_FOUND) }
}

async fn remove(session: TypedSession<Planner>, Path(number): Path<u32>) -> Redirect {
    session.update_tasks(move |tasks| tasks.retain(|task| task.number != number));
    Redirect::to("/")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Planner, _>::new(MemoryStore::new());
    let app = Router::new()
        .route("/", get(list))
        .route("/tasks", post(add))
        .route("/tasks/{number}/done", post(finish))
        .route("/tasks/{number}/remove", post(remove))
        .layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
