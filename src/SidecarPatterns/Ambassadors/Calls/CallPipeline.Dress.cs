namespace SidecarPatterns;

/// <content>What is put on a request for an attempt, and taken off before the next one and before the call returns. The credential is put on elsewhere, last of
/// all.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Puts on the request what belongs to an attempt.</summary>
    /// <returns>Why that can not be, as where its caller has disposed of it; then the endpoint is left.</returns>
    private Exception? Dress(Call call)
    {
        try
        {
            if (call.Tracker is { } tracker)
            {
                call.Request.Content = tracker.Content;
            }

            if (call.OurKey is { } key)
            {
                call.Request.Headers.TryAddWithoutValidation(IdempotencyKey.HeaderName, key);
            }

            SetDeadline(call, call.Request);
            KeepFromHttp3(call);
            call.MarkSent();
            return null;
        }
#pragma warning disable CA1031 // Whatever it is, the call is to end, and to keep nothing.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            GiveLeaseBack(call, _clock.GetTimestamp());
            LeavePlace(call);
            return exception;
        }
    }

    /// <summary>Tells the server how long the call has left.</summary>
    private void SetDeadline(Call call, HttpRequestMessage request)
    {
        if (!call.IsUntouchable)
        {
            call.Settings.Deadline?.Set(request, call.CallersDeadline, _clock.GetElapsedTime(_clock.GetTimestamp(), call.DueAt));
        }
    }

    /// <summary>Makes a request one that is not sent over HTTP/3, if it could be.</summary>
    private static void KeepFromHttp3(Call call)
    {
        if (call.Settings.Egress is not null && EgressPolicy.MayUseHttp3(call.Request))
        {
            EgressPolicy.KeepFromHttp3(call.Request);
            call.IsKeptFromHttp3 = true;
        }
    }

    /// <summary>Puts the endpoint's address into the request, or leaves that to the last handler, so that handlers in between see the request's own.</summary>
    private void PlaceAddress(Call call)
    {
        if (call.Lease.Endpoint.Address is not { } address || call.Request.RequestUri is not { } logical)
        {
            return;
        }

        call.SentTo = address.Combine(logical);
        if (Inner.PlacesAddress)
        {
            EndpointPlacing.Leave(call.Request, address);
            return;
        }

        call.HasPlacedHost = EndpointPlacing.PutIn(call.Request, address);
        call.MarkPlaced();
    }

    /// <summary>Whether anything is to be taken off the request when the call ends.</summary>
    private bool IsDressed(Call call) =>
        call.Tracker is not null || Inner.ChangeHeaders || call.Settings.Deadline is not null || call.OurKey is not null || call.Credential is not null
        || call.IsKeptFromHttp3 || call.SentTo is not null;

    /// <summary>Puts the request back as the caller made it, whatever was done to it by us or below.</summary>
    private void Restore(Call call)
    {
        if (call.Restore() && state.Told.IsNew(nameof(Restore)))
        {
            AmbassadorLog.RequestWasChanged(state.Logger, state.Name);
        }

        TakeAddress(call);
        call.Settings.Deadline?.Restore(call.Request, call.CallersDeadline);
        if (call.OurKey is not null)
        {
            call.Request.Headers.Remove(IdempotencyKey.HeaderName);
        }

        call.Credential?.Credential.TakeOff(call.Request);
    }

    /// <summary>Puts back the message of an attempt that has one of its own: whoever looks at the response looks at that.</summary>
    private void RestoreAttempt(Call attempt)
    {
        attempt.Credential?.Credential.TakeOff(attempt.Request);
        attempt.Restore();
        TakeAddress(attempt);
    }

    /// <summary>Takes the endpoint's address out of the request again.</summary>
    private void TakeAddress(Call call)
    {
        if (call.SentTo is null)
        {
            return;
        }

        call.SentTo = null;
        if (Inner.PlacesAddress)
        {
            EndpointPlacing.TakeBack(call.Request);
            return;
        }

        if (call.HasPlacedHost)
        {
            call.Request.Headers.Host = null;
            call.HasPlacedHost = false;
        }
    }
}
