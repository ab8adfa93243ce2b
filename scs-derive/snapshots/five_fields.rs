/// The accessors of [`Visitor`], reached through `TypedSession<Visitor>`.
pub struct VisitorAccessors {
    handle: ::scs::__private::Handle,
    schema: ::core::marker::PhantomData<fn() -> Visitor>,
}
#[automatically_derived]
impl ::scs::__private::Accessors for VisitorAccessors {
    fn new(handle: ::scs::__private::Handle) -> Self {
        Self {
            handle,
            schema: ::core::marker::PhantomData,
        }
    }
    fn handle(&self) -> &::scs::__private::Handle {
        &self.handle
    }
}
#[automatically_derived]
#[allow(non_snake_case)]
impl VisitorAccessors {
    const ACCOUNT_0: ::scs::__private::Field<u64, Option<u64>> = ::scs::__private::Field::<
        u64,
        Option<u64>,
    >::new(
            0usize,
            || ::core::option::Option::None,
            <u64 as ::scs::SessionValue>::encode::<::scs::MessagePack>,
            <u64 as ::scs::SessionValue>::decode::<::scs::MessagePack>,
        )
        .compared({
            #[allow(unused_imports)]
            use ::scs::__private::WithoutEquality as _;
            ::scs::__private::Equality::<u64>::EQUAL
        });
    const VISITS_1: ::scs::__private::Field<u32> = ::scs::__private::Field::<
        u32,
    >::new(
            1usize,
            <u32 as ::scs::value::DefaultValue>::default_value,
            <u32 as ::scs::SessionValue>::encode::<::scs::MessagePack>,
            <u32 as ::scs::SessionValue>::decode::<::scs::MessagePack>,
        )
        .compared({
            #[allow(unused_imports)]
            use ::scs::__private::WithoutEquality as _;
            ::scs::__private::Equality::<u32>::EQUAL
        });
    const HITS_2: ::scs::__private::Field<u64> = ::scs::__private::Field::<
        u64,
    >::new(
            2usize,
            <u64 as ::scs::value::DefaultValue>::default_value,
            <u64 as ::scs::SessionValue>::encode::<::scs::MessagePack>,
            <u64 as ::scs::SessionValue>::decode::<::scs::MessagePack>,
        )
        .compared({
            #[allow(unused_imports)]
            use ::scs::__private::WithoutEquality as _;
            ::scs::__private::Equality::<u64>::EQUAL
        })
        .adding(
            <u64 as ::scs::value::Additive>::plus,
            <u64 as ::scs::value::Additive>::rebased,
        );
    const NOTICE_3: ::scs::__private::Field<String, Option<String>> = ::scs::__private::Field::<
        String,
        Option<String>,
    >::new(
            3usize,
            || ::core::option::Option::None,
            <String as ::scs::SessionValue>::encode::<::scs::MessagePack>,
            <String as ::scs::SessionValue>::decode::<::scs::MessagePack>,
        )
        .compared({
            #[allow(unused_imports)]
            use ::scs::__private::WithoutEquality as _;
            ::scs::__private::Equality::<String>::EQUAL
        });
    const OTP_4: ::scs::__private::Field<String> = ::scs::__private::Field::<
        String,
    >::new(
            4usize,
            <String as ::scs::value::DefaultValue>::default_value,
            <String as ::scs::SessionValue>::encode::<::scs::MessagePack>,
            <String as ::scs::SessionValue>::decode::<::scs::MessagePack>,
        )
        .compared({
            #[allow(unused_imports)]
            use ::scs::__private::WithoutEquality as _;
            ::scs::__private::Equality::<String>::EQUAL
        });
    /// The signed-in account.
    #[must_use]
    pub fn account(&self) -> Option<u64> {
        Self::ACCOUNT_0.get(&self.handle)
    }
    /// What the function makes of the value of `account`.
    ///
    /// The signed-in account.
    pub fn with_account<R>(
        &self,
        read: impl ::core::ops::FnOnce(&Option<u64>) -> R,
    ) -> R {
        Self::ACCOUNT_0.with(&self.handle, read)
    }
    /// Sets `account`.
    ///
    /// The signed-in account.
    pub fn set_account(&self, value: u64) {
        Self::ACCOUNT_0.set(&self.handle, value)
    }
    /// Changes `account`; runs again on what a concurrent request stored.
    ///
    /// The signed-in account.
    pub fn update_account<R>(
        &self,
        update: impl ::core::ops::FnMut(
            &mut Option<u64>,
        ) -> R + ::core::marker::Send + 'static,
    ) -> R {
        Self::ACCOUNT_0.update(&self.handle, update)
    }
    /// Takes the value of `account` out.
    ///
    /// The signed-in account.
    pub fn pop_account(&self) -> ::core::option::Option<u64> {
        Self::ACCOUNT_0.pop(&self.handle)
    }
    /// Removes `account`.
    ///
    /// The signed-in account.
    pub fn remove_account(&self) {
        Self::ACCOUNT_0.remove(&self.handle)
    }
    /// Whether `account` has a value.
    ///
    /// The signed-in account.
    #[must_use]
    pub fn has_account(&self) -> bool {
        Self::ACCOUNT_0.has(&self.handle)
    }
    /// The value of `visits`.
    #[must_use]
    pub fn visits(&self) -> u32 {
        Self::VISITS_1.get(&self.handle)
    }
    /// What the function makes of the value of `visits`.
    pub fn with_visits<R>(&self, read: impl ::core::ops::FnOnce(&u32) -> R) -> R {
        Self::VISITS_1.with(&self.handle, read)
    }
    /// Sets `visits`.
    pub fn set_visits(&self, value: u32) {
        Self::VISITS_1.set(&self.handle, value)
    }
    /// Changes `visits`; runs again on what a concurrent request stored.
    pub fn update_visits<R>(
        &self,
        update: impl ::core::ops::FnMut(&mut u32) -> R + ::core::marker::Send + 'static,
    ) -> R {
        Self::VISITS_1.update(&self.handle, update)
    }
    /// Takes the value of `visits` out.
    pub fn pop_visits(&self) -> ::core::option::Option<u32> {
        Self::VISITS_1.pop(&self.handle)
    }
    /// Removes `visits`.
    pub fn remove_visits(&self) {
        Self::VISITS_1.remove(&self.handle)
    }
    /// Whether `visits` has a value.
    #[must_use]
    pub fn has_visits(&self) -> bool {
        Self::VISITS_1.has(&self.handle)
    }
    /// The value of `hits`.
    #[must_use]
    pub fn hits(&self) -> u64 {
        Self::HITS_2.get(&self.handle)
    }
    /// What the function makes of the value of `hits`.
    pub fn with_hits<R>(&self, read: impl ::core::ops::FnOnce(&u64) -> R) -> R {
        Self::HITS_2.with(&self.handle, read)
    }
    /// Sets `hits`.
    pub fn set_hits(&self, value: u64) {
        Self::HITS_2.set(&self.handle, value)
    }
    /// Changes `hits`; runs again on what a concurrent request stored.
    pub fn update_hits<R>(
        &self,
        update: impl ::core::ops::FnMut(&mut u64) -> R + ::core::marker::Send + 'static,
    ) -> R {
        Self::HITS_2.update(&self.handle, update)
    }
    /// Takes the value of `hits` out.
    pub fn pop_hits(&self) -> ::core::option::Option<u64> {
        Self::HITS_2.pop(&self.handle)
    }
    /// Removes `hits`.
    pub fn remove_hits(&self) {
        Self::HITS_2.remove(&self.handle)
    }
    /// Whether `hits` has a value.
    #[must_use]
    pub fn has_hits(&self) -> bool {
        Self::HITS_2.has(&self.handle)
    }
    /// Adds to `hits`; concurrent additions all count.
    pub fn add_hits(&self, amount: u64) {
        Self::HITS_2.add(&self.handle, amount)
    }
    /// Takes the value of `notice` out.
    pub fn pop_notice(&self) -> ::core::option::Option<String> {
        Self::NOTICE_3.pop(&self.handle)
    }
    /// Reads `notice` without consuming it.
    #[must_use]
    pub fn peek_notice(&self) -> ::core::option::Option<String> {
        Self::NOTICE_3.peek(&self.handle)
    }
    /// Sets `notice`.
    pub fn set_notice(&self, value: impl ::core::convert::Into<String>) {
        Self::NOTICE_3.set(&self.handle, value.into())
    }
    /// Keeps the value of `notice` that was popped for the next request.
    pub fn keep_notice(&self) {
        Self::NOTICE_3.keep(&self.handle)
    }
    /// Sets `notice` for this request only.
    pub fn now_notice(&self, value: impl ::core::convert::Into<String>) {
        Self::NOTICE_3.now(&self.handle, value.into())
    }
    /// Takes `notice` out for at most one of many concurrent requests, at once.
    pub async fn claim_notice(
        &self,
    ) -> ::core::result::Result<::core::option::Option<String>, ::scs::SessionError> {
        self.handle.claim(Self::NOTICE_3).await
    }
    /// Removes `notice`.
    pub fn remove_notice(&self) {
        Self::NOTICE_3.remove(&self.handle)
    }
    /// Whether `notice` has a value.
    #[must_use]
    pub fn has_notice(&self) -> bool {
        Self::NOTICE_3.has(&self.handle)
    }
    /// The value of `otp`.
    #[must_use]
    pub fn otp(&self) -> String {
        Self::OTP_4.get(&self.handle)
    }
    /// What the function makes of the value of `otp`.
    pub fn with_otp<R>(&self, read: impl ::core::ops::FnOnce(&String) -> R) -> R {
        Self::OTP_4.with(&self.handle, read)
    }
    /// Sets `otp`.
    pub fn set_otp(&self, value: impl ::core::convert::Into<String>) {
        Self::OTP_4.set(&self.handle, value.into())
    }
    /// Changes `otp`; runs again on what a concurrent request stored.
    pub fn update_otp<R>(
        &self,
        update: impl ::core::ops::FnMut(
            &mut String,
        ) -> R + ::core::marker::Send + 'static,
    ) -> R {
        Self::OTP_4.update(&self.handle, update)
    }
    /// Takes the value of `otp` out.
    pub fn pop_otp(&self) -> ::core::option::Option<String> {
        Self::OTP_4.pop(&self.handle)
    }
    /// Removes `otp`.
    pub fn remove_otp(&self) {
        Self::OTP_4.remove(&self.handle)
    }
    /// Whether `otp` has a value.
    #[must_use]
    pub fn has_otp(&self) -> bool {
        Self::OTP_4.has(&self.handle)
    }
    /// How long the value of `otp` stays.
    #[must_use]
    pub fn otp_expires_in(&self) -> ::core::option::Option<::core::time::Duration> {
        Self::OTP_4.expires_in(&self.handle)
    }
}
#[automatically_derived]
impl ::scs::Session for Visitor {
    type Accessors = VisitorAccessors;
    const SCHEMA: &'static ::scs::__private::Schema = &::scs::__private::Schema::new(
        "Visitor",
        &[
            ::scs::__private::FieldSchema::new("account", "u64").indexed().renews(),
            ::scs::__private::FieldSchema::new("visits", "u32"),
            ::scs::__private::FieldSchema::new("hits", "u64")
                .merging(|ours, theirs| Self::Accessors::HITS_2.combined(ours, theirs)),
            ::scs::__private::FieldSchema::new("notice", "String"),
            ::scs::__private::FieldSchema::new("otp", "String")
                .expires_after(600000u64)
                .invalid_destroys::<::scs::MessagePack, String>(),
        ],
    );
    fn snapshot(accessors: &Self::Accessors) -> Self {
        let snapshot = Self {
            account: Self::Accessors::ACCOUNT_0.snapshot(&accessors.handle),
            visits: Self::Accessors::VISITS_1.snapshot(&accessors.handle),
            hits: Self::Accessors::HITS_2.snapshot(&accessors.handle),
            notice: Self::Accessors::NOTICE_3.snapshot(&accessors.handle),
            otp: Self::Accessors::OTP_4.snapshot(&accessors.handle),
        };
        let Self {
            account: _field_0,
            visits: _field_1,
            hits: _field_2,
            notice: _field_3,
            otp: _field_4,
        } = &snapshot;
        snapshot
    }
}
#[automatically_derived]
impl<__Backend: ::scs::store::Index> ::scs::KeptBy<__Backend> for Visitor {
    fn kept(backend: ::std::sync::Arc<__Backend>) -> ::scs::__private::Kept {
        ::scs::__private::Kept::in_index(backend)
    }
}
#[automatically_derived]
impl ::scs::HasAccount for Visitor {}
#[automatically_derived]
#[allow(non_snake_case)]
impl Visitor {
    /// The sessions in which `account` has this value.
    pub fn by_account(value: u64) -> ::scs::TypedTerm<Self> {
        ::scs::TypedTerm::new::<::scs::MessagePack, u64>(0usize, &value)
    }
}
