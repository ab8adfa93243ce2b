fn main() {
    let _ = scs::Token { id: scs::SessionId::from_bytes([0; 16]), secret: [0; 32] };
}
