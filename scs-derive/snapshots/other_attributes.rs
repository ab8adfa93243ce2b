/// The accessors of [`Visitor`], reached through `TypedSession<Visitor>`.
struct VisitorAccessors<T: Bound + 'static> {
    handle: web::scs::__private::Handle,
    schema: ::core::marker::PhantomData<fn() -> Visitor<T>>,
}
#[automatically_derived]
impl<T: Bound + 'static> web::scs::__private::Accessors for VisitorAccessors<T> {
    fn new(handle: web::scs::__private::Handle) -> Self {
        Self {
            handle,
            schema: ::core::marker::PhantomData,
        }
    }
    fn handle(&self) -> &web::scs::__private::Handle {
        &self.handle
    }
}
#[automatically_derived]
#[allow(non_snake_case)]
impl<T: Bound + 'static> VisitorAccessors<T> {
    const TYPE_0: web::scs::__private::Field<T> = web::scs::__private::Field::<
        T,
    >::new(
            0usize,
            <T as web::scs::value::DefaultValue>::default_value,
            <T as web::scs::SessionValue>::encode::<Json>,
            <T as web::scs::SessionValue>::decode::<Json>,
        )
        .compared({
            #[allow(unused_imports)]
            use web::scs::__private::WithoutEquality as _;
            web::scs::__private::Equality::<T>::EQUAL
        });
    const DEVICE_1: web::scs::__private::Field<u32, Option<u32>> = web::scs::__private::Field::<
        u32,
        Option<u32>,
    >::new(
            1usize,
            || ::core::option::Option::None,
            <u32 as web::scs::SessionValue>::encode::<Json>,
            <u32 as web::scs::SessionValue>::decode::<Json>,
        )
        .compared({
            #[allow(unused_imports)]
            use web::scs::__private::WithoutEquality as _;
            web::scs::__private::Equality::<u32>::EQUAL
        });
    const ATTEMPTS_2: web::scs::__private::LocalField<u8> = web::scs::__private::LocalField::new(
        0usize,
        || 7,
        <u8 as web::scs::value::LocalValue>::duplicate,
    );
    const DRAFT_3: web::scs::__private::Field<Vec<T>> = web::scs::__private::Field::<
        Vec<T>,
    >::new(
            2usize,
            <Vec<T> as web::scs::value::DefaultValue>::default_value,
            <Vec<T> as web::scs::SessionValue>::encode::<Json>,
            <Vec<T> as web::scs::SessionValue>::decode::<Json>,
        )
        .compared({
            #[allow(unused_imports)]
            use web::scs::__private::WithoutEquality as _;
            web::scs::__private::Equality::<Vec<T>>::EQUAL
        })
        .merging(longest);
    /// The value of `type`.
    #[must_use]
    fn r#type(&self) -> T {
        Self::TYPE_0.get(&self.handle)
    }
    /// What the function makes of the value of `type`.
    fn with_type<R>(&self, read: impl ::core::ops::FnOnce(&T) -> R) -> R {
        Self::TYPE_0.with(&self.handle, read)
    }
    /// Sets `type`.
    fn set_type(&self, value: T) {
        Self::TYPE_0.set(&self.handle, value)
    }
    /// Changes `type`; runs again on what a concurrent request stored.
    fn update_type<R>(
        &self,
        update: impl ::core::ops::FnMut(&mut T) -> R + ::core::marker::Send + 'static,
    ) -> R {
        Self::TYPE_0.update(&self.handle, update)
    }
    /// Takes the value of `type` out.
    fn pop_type(&self) -> ::core::option::Option<T> {
        Self::TYPE_0.pop(&self.handle)
    }
    /// Removes `type`.
    fn remove_type(&self) {
        Self::TYPE_0.remove(&self.handle)
    }
    /// Whether `type` has a value.
    #[must_use]
    fn has_type(&self) -> bool {
        Self::TYPE_0.has(&self.handle)
    }
    /// The value of `device`.
    #[must_use]
    fn device(&self) -> Option<u32> {
        Self::DEVICE_1.get(&self.handle)
    }
    /// What the function makes of the value of `device`.
    fn with_device<R>(&self, read: impl ::core::ops::FnOnce(&Option<u32>) -> R) -> R {
        Self::DEVICE_1.with(&self.handle, read)
    }
    /// Sets `device` for the life of the session.
    fn init_device(
        &self,
        value: u32,
    ) -> ::core::result::Result<(), web::scs::AlreadySet> {
        Self::DEVICE_1.init(&self.handle, value)
    }
    /// Whether `device` has a value.
    #[must_use]
    fn has_device(&self) -> bool {
        Self::DEVICE_1.has(&self.handle)
    }
    /// The value of `attempts`.
    #[must_use]
    fn attempts(&self) -> u8 {
        Self::ATTEMPTS_2.get(&self.handle)
    }
    /// What the function makes of the value of `attempts`.
    fn with_attempts<R>(&self, read: impl ::core::ops::FnOnce(&u8) -> R) -> R {
        Self::ATTEMPTS_2.with(&self.handle, read)
    }
    /// Sets `attempts`.
    fn set_attempts(&self, value: u8) {
        Self::ATTEMPTS_2.set(&self.handle, value)
    }
    /// Changes `attempts`; runs again on what a concurrent request stored.
    fn update_attempts<R>(
        &self,
        update: impl ::core::ops::FnMut(&mut u8) -> R + ::core::marker::Send + 'static,
    ) -> R {
        Self::ATTEMPTS_2.update(&self.handle, update)
    }
    /// Takes the value of `attempts` out.
    fn pop_attempts(&self) -> ::core::option::Option<u8> {
        Self::ATTEMPTS_2.pop(&self.handle)
    }
    /// Removes `attempts`.
    fn remove_attempts(&self) {
        Self::ATTEMPTS_2.remove(&self.handle)
    }
    /// Whether `attempts` has a value.
    #[must_use]
    fn has_attempts(&self) -> bool {
        Self::ATTEMPTS_2.has(&self.handle)
    }
    /// The value of `draft`.
    #[must_use]
    fn draft(&self) -> Vec<T> {
        Self::DRAFT_3.get(&self.handle)
    }
    /// What the function makes of the value of `draft`.
    fn with_draft<R>(&self, read: impl ::core::ops::FnOnce(&Vec<T>) -> R) -> R {
        Self::DRAFT_3.with(&self.handle, read)
    }
    /// Sets `draft`.
    fn set_draft(&self, value: Vec<T>) {
        Self::DRAFT_3.set(&self.handle, value)
    }
    /// Changes `draft`; runs again on what a concurrent request stored.
    fn update_draft<R>(
        &self,
        update: impl ::core::ops::FnMut(
            &mut Vec<T>,
        ) -> R + ::core::marker::Send + 'static,
    ) -> R {
        Self::DRAFT_3.update(&self.handle, update)
    }
    /// Takes the value of `draft` out.
    fn pop_draft(&self) -> ::core::option::Option<Vec<T>> {
        Self::DRAFT_3.pop(&self.handle)
    }
    /// Removes `draft`.
    fn remove_draft(&self) {
        Self::DRAFT_3.remove(&self.handle)
    }
    /// Whether `draft` has a value.
    #[must_use]
    fn has_draft(&self) -> bool {
        Self::DRAFT_3.has(&self.handle)
    }
}
#[automatically_derived]
impl<T: Bound + 'static> web::scs::Session for Visitor<T> {
    type Accessors = VisitorAccessors<T>;
    const SCHEMA: &'static web::scs::__private::Schema = &web::scs::__private::Schema::new(
            "visitor",
            &[
                web::scs::__private::FieldSchema::new("c", "T")
                    .aliases(&["count", "hits"])
                    .secret(),
                web::scs::__private::FieldSchema::new("device", "u32")
                    .dropped_on_login()
                    .dropped_on_logout()
                    .once(),
                web::scs::__private::FieldSchema::new("draft", "Vec<T>")
                    .invalid_is_error::<Json, Vec<T>>()
                    .merging(|ours, theirs| {
                        Self::Accessors::DRAFT_3.combined(ours, theirs)
                    }),
            ],
        )
        .named()
        .version(
            2,
            &[
                web::scs::__private::Migration::new(
                    1,
                    |fields| { web::scs::RawFields::<Json>::migrate(fields, step) },
                ),
            ],
        )
        .codec("Json", <Json as web::scs::Codec>::describe);
    fn snapshot(accessors: &Self::Accessors) -> Self {
        let snapshot = Self {
            r#type: Self::Accessors::TYPE_0.snapshot(&accessors.handle),
            device: Self::Accessors::DEVICE_1.snapshot(&accessors.handle),
            attempts: Self::Accessors::ATTEMPTS_2.snapshot(&accessors.handle),
            draft: Self::Accessors::DRAFT_3.snapshot(&accessors.handle),
        };
        let Self {
            r#type: _field_0,
            device: _field_1,
            attempts: _field_2,
            draft: _field_3,
        } = &snapshot;
        snapshot
    }
}
#[automatically_derived]
impl<T: Bound + 'static, __Backend: web::scs::store::Store> web::scs::KeptBy<__Backend>
for Visitor<T> {
    fn kept(backend: ::std::sync::Arc<__Backend>) -> web::scs::__private::Kept {
        web::scs::__private::Kept::in_store(backend)
    }
}
