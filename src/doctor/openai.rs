//! Checks that the AI accepts the key and the settings and offers the models, and that the services of the pipeline
//! engine work.

use super::DoctorContext;
use crate::domain::CheckResult;
use crate::{clock, runtime};
use std::sync::Arc;

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<CheckResult> {
    let Some(config) = context.config().cloned() else { return Vec::new() };
    runtime::check_ai(&context.client, &Arc::new(config), clock::now()).await
}

pub(super) async fn check_pipeline(context: Arc<DoctorContext>) -> Vec<CheckResult> {
    let Some(config) = context.config().cloned() else { return Vec::new() };
    runtime::check_pipeline(&context.client, &Arc::new(config), clock::now()).await
}

pub(super) async fn check_all(context: Arc<DoctorContext>) -> Vec<CheckResult> {
    let (mut findings, pipeline) = tokio::join!(check(context.clone()), check_pipeline(context));
    findings.extend(pipeline);
    findings
}
