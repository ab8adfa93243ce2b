//! Slots: where a request keeps its sessions, one per schema, each opened when it is first asked for.

use std::{
    any::{Any, TypeId},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{Extensions, HeaderMap, Request};
use smallvec::SmallVec;

#[cfg(debug_assertions)]
use super::dropped_cookie::Client;
use super::{
    ErrorHandler,
    layer::{OnOutage, Settings},
};
#[cfg(debug_assertions)]
use crate::time::Timestamp;
use crate::{
    error::SessionError,
    typed_session::{OpenOnce, Session, TypedSession},
};

/// The session of one schema in one request.
pub(crate) struct Slot<S: Session> {
    pub(super) settings: Arc<Settings>,
    session: OpenOnce<S>,
    /// Whether a handler went on without the session, for the store was down.
    did_without: AtomicBool,
    /// Who may drop the cookie without a word.
    #[cfg(debug_assertions)]
    client: Option<Client>,
}

impl<S: Session> Slot<S> {
    /// Opens the session at the first call; later calls share it.
    pub(crate) async fn open(&self, headers: &HeaderMap) -> Result<TypedSession<S>, SessionError> {
        let Settings { engine, transport, .. } = &*self.settings;
        let session = self.session.open(engine, || transport.read(headers, |text| engine.read(text))).await?;
        #[cfg(debug_assertions)]
        if let Some(client) = &self.client {
            self.settings.dropped_cookie.look(client, headers, session.handle().now());
        }
        Ok(session)
    }

    /// The response has a new token.
    #[cfg(debug_assertions)]
    pub(super) fn token_was_sent(&self, now: Timestamp) {
        if let Some(client) = &self.client {
            self.settings.dropped_cookie.sent_to(client, now);
        }
    }

    /// Opens the session if there is one. While the store is down there may be none, if the layer says so.
    pub(crate) async fn open_stored(&self, headers: &HeaderMap) -> Result<Option<TypedSession<S>>, SessionError> {
        match self.open(headers).await {
            Err(SessionError::Store(_)) if self.settings.on_outage == OnOutage::Anonymous => {
                self.did_without.store(true, Ordering::Relaxed);
                Ok(None)
            }
            opened => Ok(Some(opened?).filter(|session| !session.is_new())),
        }
    }

    /// Whether the response may differ from the one that the client gets when the store is up.
    pub(super) fn did_without(&self) -> bool {
        self.did_without.load(Ordering::Relaxed)
    }

    /// The session, if any handler asked for it.
    pub(super) fn opened(&self) -> Option<&TypedSession<S>> {
        self.session.get()
    }

    pub(crate) fn on_error(&self) -> &ErrorHandler {
        &self.settings.on_error
    }
}

/// Every slot of one request.
#[derive(Clone, Default)]
pub(crate) struct Slots(SmallVec<[Registered; 1]>);

#[derive(Clone)]
struct Registered {
    schema: TypeId,
    settings: Arc<Settings>,
    slot: Arc<dyn Any + Send + Sync>,
}

impl Slots {
    /// Adds the slot of a layer to a request.
    ///
    /// # Errors
    ///
    /// A sentence for the log if another layer of the request has the same schema or would read the
    /// same token.
    pub(super) fn register<S: Session, B>(
        request: &mut Request<B>,
        settings: &Arc<Settings>,
    ) -> Result<Arc<Slot<S>>, String> {
        #[cfg(debug_assertions)]
        let client = Client::of(request).filter(|_| settings.transport.is_secure_cookie());
        let slots = request.extensions_mut().get_or_insert_default::<Self>();
        let schema = TypeId::of::<S>();
        if slots.0.iter().any(|other| other.settings.transport.clashes_with(&settings.transport)) {
            return Err(settings.transport.two_layers());
        }
        if slots.0.iter().any(|other| other.schema == schema) {
            return Err(format!(
                "two session layers of schema `{}` are on one route; keep one of them",
                S::SCHEMA.name
            ));
        }
        let slot = Arc::new(Slot {
            settings: Arc::clone(settings),
            session: OpenOnce::default(),
            did_without: AtomicBool::new(false),
            #[cfg(debug_assertions)]
            client,
        });
        slots.0.push(Registered { schema, settings: Arc::clone(settings), slot: Arc::clone(&slot) as _ });
        Ok(slot)
    }

    /// The slot of a schema, if its layer is there.
    pub(crate) fn find<S: Session>(extensions: &Extensions) -> Option<Arc<Slot<S>>> {
        let slots = extensions.get::<Self>()?;
        let registered = slots.0.iter().find(|registered| registered.schema == TypeId::of::<S>())?;
        Arc::clone(&registered.slot).downcast().ok()
    }
}
