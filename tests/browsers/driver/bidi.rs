//! A connection to a browser: commands, answers and events as JSON in a web socket, many commands under way at once.

use std::collections::BTreeMap;

use futures_util::{SinkExt as _, StreamExt as _, stream::SplitStream};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::{broadcast, mpsc, oneshot},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// A clone sends over the same connection, which is closed with the last of them.
#[derive(Clone)]
pub(crate) struct Connection {
    orders: mpsc::UnboundedSender<Order>,
    events: broadcast::Sender<Value>,
}

/// A command without its number, and where its answer is waited for.
struct Order {
    method: &'static str,
    parameters: Value,
    answer: oneshot::Sender<Value>,
}

impl Connection {
    pub(super) async fn open(url: &str) -> Self {
        let (socket, _) = connect_async(url).await.unwrap();
        let (mut sink, messages) = socket.split();
        let (orders, received) = mpsc::unbounded_channel();
        let (events, _) = broadcast::channel(1024);
        let mut incoming = Incoming { messages, orders: received, waiting: BTreeMap::new(), events: events.clone() };
        tokio::spawn(async move {
            for number in 1_u64.. {
                let Some(order) = incoming.next_order().await else { break };
                let command = json!({"id": number, "method": order.method, "params": order.parameters});
                incoming.waiting.insert(number, order.answer);
                if sink.send(Message::text(command.to_string())).await.is_err() {
                    break;
                }
            }
        });
        Self { orders, events }
    }

    /// What a command that must succeed answers.
    pub(super) async fn send(&self, method: &'static str, parameters: Value) -> Value {
        let mut answer = self.try_send(method, parameters).await.expect("the browser answers");
        assert_eq!(answer["type"], "success", "{method}: {answer}");
        answer["result"].take()
    }

    /// The whole answer; none if the browser hangs up first.
    pub(super) async fn try_send(&self, method: &'static str, parameters: Value) -> Option<Value> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(Order { method, parameters, answer }).ok()?;
        answered.await.ok()
    }

    /// What the browser tells from now on of what was subscribed to.
    pub(super) fn events(&self) -> broadcast::Receiver<Value> {
        self.events.subscribe()
    }
}

/// What comes from both sides of a connection.
struct Incoming {
    messages: SplitStream<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    orders: mpsc::UnboundedReceiver<Order>,
    waiting: BTreeMap<u64, oneshot::Sender<Value>>,
    events: broadcast::Sender<Value>,
}

impl Incoming {
    /// Hands on what the browser says until there is something to be sent; none when either side has gone.
    async fn next_order(&mut self) -> Option<Order> {
        loop {
            tokio::select! {
                order = self.orders.recv() => return order,
                message = self.messages.next() => if let Message::Text(text) = message?.ok()? {
                    self.hand_on(serde_json::from_str(&text).unwrap());
                },
            }
        }
    }

    /// Nobody may wait any more, or for any event.
    fn hand_on(&mut self, message: Value) {
        match message["id"].as_u64().and_then(|number| self.waiting.remove(&number)) {
            Some(asked) => drop(asked.send(message)),
            None => drop(self.events.send(message)),
        }
    }
}
