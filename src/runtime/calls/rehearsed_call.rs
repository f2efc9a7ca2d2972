//! Starts the call of a rehearsal.

use super::{CallContext, CallServices, Calls, MediaSocket, Transport};
use crate::call::CallPolicy;
use crate::crm::call::IncomingCall;
use crate::domain::ContactName;
use crate::providers::twilio::media_stream::Start;
use std::time::Duration;

impl Calls {
    /// Starts a call that is already stored, without a greeting. If its engines fail, the call ends, as a trial call
    /// does.
    pub(in crate::runtime) fn start_rehearsal(
        &self,
        call: IncomingCall,
        name: ContactName,
        (socket, start): (MediaSocket, Start),
    ) {
        let (settings, sid) = (self.services().settings.current(), call.call_sid.clone());
        let engines = CallServices::ai_engines(&settings.config);
        let policy = self.services().policy(&settings, true);
        let policy = CallPolicy { engines, ends_robots: false, ends_silent: false, greeting: Duration::ZERO, ..policy };
        let transport = Transport::Twilio;
        let context = CallContext { call, name, ai_today: None, transport, is_stored: true, purpose: None };
        self.launch(self.registry(), settings, policy, context);
        // A call that has just been launched waits for its stream, so the socket does not come back.
        drop(self.attach_stream(&sid, socket, start));
    }
}
