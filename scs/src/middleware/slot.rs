//! Slots: where a request keeps its sessions, one per schema, each opened when it is first asked for.

use std::{
    any::TypeId,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{Extensions, HeaderMap, Method, Request};
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
    typed_session::{Handle, Session, TypedSession},
};

/// What the middleware keeps for a request besides the session of one layer.
pub(crate) struct Slot {
    pub(super) settings: Arc<Settings>,
    schema: TypeId,
    /// Whether another layer is around this one.
    pub(super) is_inner: bool,
    /// Whether the client gets the head of the response and no body.
    pub(super) is_head: bool,
    /// Whether a handler went on without the session, because the store was down.
    did_without: AtomicBool,
    /// A client whose browser may drop the cookie without a word.
    #[cfg(debug_assertions)]
    client: Option<Client>,
}

impl Slot {
    /// Of a request that the tower middleware does not serve. The session of another layer may be committed after this one,
    /// so it is an inner one.
    pub(super) fn without_service<S: Session>(settings: &Arc<Settings>) -> Self {
        Self {
            settings: Arc::clone(settings),
            schema: TypeId::of::<S>(),
            is_inner: true,
            // Without a method, none is known.
            is_head: false,
            did_without: AtomicBool::new(false),
            #[cfg(debug_assertions)]
            client: None,
        }
    }

    /// Opens the session at the first call; later calls share it.
    pub(crate) async fn open<S: Session>(
        &self,
        handle: &Handle,
        headers: &HeaderMap,
    ) -> Result<TypedSession<S>, SessionError> {
        handle.open(|| self.settings.read(headers)).await?;
        #[cfg(debug_assertions)]
        if let Some(client) = &self.client {
            self.settings.dropped_cookie.look(client, headers, handle.now());
        }
        Ok(TypedSession::new(handle.clone()))
    }

    /// Notes that a new token was sent.
    #[cfg(debug_assertions)]
    pub(super) fn token_was_sent(&self, now: Timestamp) {
        if let Some(client) = &self.client {
            self.settings.dropped_cookie.sent_to(client, now);
        }
    }

    /// Opens the session if there is one. While the store is down there may be none, if the layer says so.
    pub(crate) async fn open_stored<S: Session>(
        &self,
        handle: &Handle,
        headers: &HeaderMap,
    ) -> Result<Option<TypedSession<S>>, SessionError> {
        match self.open(handle, headers).await {
            Err(error @ SessionError::Store(_))
                if error.is_transient() && self.settings.on_outage == OnOutage::Anonymous =>
            {
                self.did_without.store(true, Ordering::Relaxed);
                Ok(None)
            }
            opened => Ok(Some(opened?).filter(|session: &TypedSession<S>| !session.is_new())),
        }
    }

    /// Whether a handler was given no session because the store was down.
    pub(super) fn did_without(&self) -> bool {
        self.did_without.load(Ordering::Relaxed)
    }

    pub(crate) fn on_error(&self) -> &ErrorHandler {
        &self.settings.on_error
    }
}

/// The sessions of one request, opened or not.
#[derive(Clone, Default)]
pub(crate) struct Slots(SmallVec<[Handle; 1]>);

impl Slots {
    /// Adds the session of a layer to a request.
    ///
    /// # Errors
    ///
    /// A sentence for the log if another layer of the request has the same schema or would read the
    /// same token.
    pub(super) fn register<S: Session, B>(
        request: &mut Request<B>,
        settings: &Arc<Settings>,
    ) -> Result<Handle, String> {
        #[cfg(debug_assertions)]
        let client = Client::of(request).filter(|_| settings.transport.is_secure_cookie());
        let is_head = request.method() == Method::HEAD;
        let slots = request.extensions_mut().get_or_insert_default::<Self>();
        let schema = TypeId::of::<S>();
        if slots.all().any(|other| other.schema == schema) {
            return Err(format!(
                "two session layers of schema `{}` are on one route; keep one of them",
                S::SCHEMA.name
            ));
        }
        if slots.all().any(|other| other.settings.transport.clashes_with(&settings.transport)) {
            return Err(settings.transport.two_layers());
        }
        let slot = Slot {
            settings: Arc::clone(settings),
            schema,
            is_inner: !slots.0.is_empty(),
            is_head,
            did_without: AtomicBool::new(false),
            #[cfg(debug_assertions)]
            client,
        };
        let handle = Handle::unopened(Arc::clone(&settings.engine), slot);
        slots.0.push(handle.clone());
        Ok(handle)
    }

    /// The session of a schema and what the request knows beside it, if its layer is there.
    pub(crate) fn find<S: Session>(extensions: &Extensions) -> Option<(&Handle, &Slot)> {
        let handles = extensions.get::<Self>()?.0.iter();
        let mut slots = handles.filter_map(|handle| Some((handle, handle.context::<Slot>()?)));
        slots.find(|(_, slot)| slot.schema == TypeId::of::<S>())
    }

    fn all(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter().filter_map(Handle::context)
    }
}
