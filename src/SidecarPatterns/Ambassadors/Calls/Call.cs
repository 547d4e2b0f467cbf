using System.Diagnostics;
using System.Threading.RateLimiting;

namespace SidecarPatterns;

/// <summary>One call while it is under way: what it was asked for, and how far it is.</summary>
/// <remarks>Pooled, two for each thread: that of a hedged call, and that of its attempt. Used by one flow at a time.</remarks>
internal sealed class Call
{
    [ThreadStatic]
    private static Call? _spare;

    [ThreadStatic]
    private static Call? _other;

    private FirstAnswer? _answer;
    private RequestOriginal _original;
    private bool _isKept;
    private TriedEndpoints _tried;
    private RequestOriginal _sent; // What the request was made for the sending, where that is another.
    private bool _isMadeAnother;
    private Uri? _placed; // The address that was put into it after that.

    private Call()
    {
    }

    // What was asked for, and how it may be done.

    public AmbassadorSettings Settings { get; private set; } = null!;

    public HttpRequestMessage Request { get; private set; } = null!;

    /// <summary>The request's own address.</summary>
    public Uri? LogicalUri => _original.Uri;

    /// <summary>The caller's token.</summary>
    public CancellationToken Caller { get; private set; }

    /// <summary>Where its attempts are told of; <see langword="null"/> where nobody watches.</summary>
    public Activity? Activity { get; set; }

    /// <summary>Whether the caller's thread is blocked meanwhile, and may be used to wait.</summary>
    public bool IsSync { get; private set; }

    public long StartedAt { get; private set; }

    /// <summary>When all of its time is over.</summary>
    public long DueAt { get; private set; }

    /// <summary>What the request has of its own.</summary>
    public RequestLimits Limits { get; private set; }

    /// <summary>Whether the request may be sent twice, whatever became of it the first time.</summary>
    public bool IsIdempotent { get; private set; }

    /// <summary>How many attempts it may have.</summary>
    public int MaxAttempts { get; private set; }

    /// <summary>Whether its bodies go both ways at once: then it has one attempt, no limit of time, and nothing stands in for a body.</summary>
    public bool IsUntouchable { get; private set; }

    /// <summary>How often its content can be sent.</summary>
    public ReplayKind Replay { get; set; }

    // What was put on the request.

    /// <summary>Who watches content while it is sent, and knows whether that has begun.</summary>
    public ContentTracker? Tracker { get; set; }

    /// <summary>The key that the ambassador gave the request, by which the server knows it again.</summary>
    public string? OurKey { get; private set; }

    /// <summary>Whether the server knows the request again, by a key of ours or of the caller's.</summary>
    public bool HasKey => OurKey is not null || IdempotencyKey.IsIn(Request);

    /// <summary>What the caller had in the header of the deadline.</summary>
    public string? CallersDeadline { get; set; }

    /// <summary>Whether the request was made one that is not sent over HTTP/3.</summary>
    public bool IsKeptFromHttp3 { get; set; }

    /// <summary>Whose credential it is made with; <see langword="null"/> where it is made without, or with the caller's own.</summary>
    public CredentialCache? Credentials { get; set; }

    /// <summary>The credential that attempts are sent with.</summary>
    public CachedCredential? Credential { get; set; }

    // The attempt that is under way.

    /// <summary>How many attempts were begun.</summary>
    public int Attempts { get; set; }

    /// <summary>When the attempt that is under way was begun.</summary>
    public long SentAt { get; set; }

    /// <summary>Why the attempt that is under way was begun.</summary>
    public AttemptCause Cause { get; set; }

    /// <summary>That attempt.</summary>
    public AttemptScope Scope { get; set; } = null!;

    /// <summary>What is returned where the first attempt has to be waited for.</summary>
    public FirstAnswer Answer => _answer ??= new FirstAnswer(this);

    /// <summary>Where the attempt goes, and the leave to send one request there.</summary>
    public EndpointLease Lease { get; set; }

    /// <summary>The address that the request is sent to; <see langword="null"/> where that is its own.</summary>
    public Uri? SentTo { get; set; }

    /// <summary>Whether the request was given a <c>Host</c> for that.</summary>
    public bool HasPlacedHost { get; set; }

    /// <summary>Whether the last request went out with the credential: one that a redirect led elsewhere does not.</summary>
    public bool IsCredentialApplied { get; set; }

    /// <summary>
    /// Its place among the requests that the endpoint has at a time; <see langword="null"/> where they are not limited, or it has given it up.
    /// </summary>
    public RateLimitLease? Place { get; set; }

    /// <summary>The place that went with the last response whose body was handed over; <see langword="null"/> if none did.</summary>
    public PlaceHold? HandedPlace { get; set; }

    /// <summary>Whether the attempt that is under way has had more than one request, by a redirect or by a pipeline around it.</summary>
    public bool HasSentSeveral { get; set; }

    /// <summary>Whether a redirect has led the attempt away from its endpoint.</summary>
    public bool IsElsewhere { get; set; }

    // What came of those before.

    /// <summary>Where attempts went before.</summary>
    public ref TriedEndpoints Tried => ref _tried;

    /// <summary>Whether a response had it sent on to another address.</summary>
    public bool IsRedirected { get; set; }

    /// <summary>Whether a request of an attempt before may have arrived.</summary>
    public bool HasLeft { get; set; }

    /// <summary>Whether it was sent again because of a 401: that happens once.</summary>
    public bool HasReplayed { get; set; }

    /// <summary>The failed response that is returned if no attempt brings a better one.</summary>
    public HttpResponseMessage? Held { get; set; }

    /// <summary>The status of the last response that was not returned.</summary>
    public int? LastStatus { get; set; }

    /// <summary>What the last attempt ended with that was not the last of all.</summary>
    public string? LastOutcome { get; set; }

    /// <summary>Whether a token of the budget comes back if the attempt succeeds.</summary>
    public bool IsRefundable { get; set; }

    /// <summary>Whether nobody below has put another address, method, version or content into the request.</summary>
    public bool IsUntouched => Sent.Fits(Request, _placed);

    /// <summary>Whether content can be sent again: it can, or nobody has begun to.</summary>
    public bool IsReplayable => Replay != ReplayKind.OneShot || Tracker is { HasBegun: false };

    /// <summary>Whether another attempt could follow one that has to be ended for its time.</summary>
    public bool CanFollow(int attempt) => IsIdempotent && IsReplayable && attempt < MaxAttempts;

    public static Call Rent(AmbassadorSettings settings, HttpRequestMessage request, bool isSync, bool withHeaders, long now, CancellationToken caller)
    {
        var call = TakeSpare() ?? new Call();
        call.Settings = settings;
        call.Request = request;
        call.IsSync = isSync;
        call.Caller = caller;
        call.StartedAt = now;
        call.DueAt = now + settings.TimeoutTicks;
        call._original = RequestOriginal.Of(request, withHeaders);
        return call;
    }

    /// <summary>Reads what the request has of its own, and what may be done with it.</summary>
    /// <returns>What is wrong with it; <see langword="null"/> if nothing is.</returns>
    public string? TryReadRequest(TimeProvider clock)
    {
        if (RequestParts.OptionsOf(Request) is { } options)
        {
            if (RequestLimits.TryRead(options, out var limits) is { } failure)
            {
                return failure;
            }

            Limits = limits;
            if (limits.Timeout is { } timeout)
            {
                DueAt = StartedAt + TimeTicks.Of(timeout, clock);
            }
        }

        IsIdempotent = Limits.IsIdempotent ?? (IsSafeToRepeat(Request.Method) || IdempotencyKey.IsIn(Request));
        Replay = ContentReplay.KindOf(Request.Content);
        MaxAttempts = Limits.MaxAttempts ?? Settings.MaxAttempts;
        if (ResponseBody.IsUntouchable(Request))
        {
            IsUntouchable = true;
            MaxAttempts = 1;
            DueAt = long.MaxValue;
        }

        return null;
    }

    /// <summary>Gives the request a key of ours, one for all attempts.</summary>
    public void TakeKey()
    {
        OurKey = IdempotencyKey.New();
        IsIdempotent = true;
    }

    /// <summary>An attempt of a pipeline's: it has what the call has left, and its own limit only where the request sets one.</summary>
    public void BeginWithin(Call call)
    {
        DueAt = call.DueAt;
        Limits = call.Limits;
        IsIdempotent = call.IsIdempotent;
        Replay = call.Replay;
        MaxAttempts = call.Limits.AttemptTimeout is null ? 0 : int.MaxValue; // How many there are the pipeline knows.
        Lease = call.Lease;
        _tried = call._tried;
        Place = call.Place;
        Activity = call.Activity;
        (Credentials, Credential, HasReplayed) = (call.Credentials, call.Credential, call.HasReplayed);
    }

    /// <summary>One of two attempts at the same time: it has all that the call has, but a caller of its own, so that it can be ended alone.</summary>
    public void BeginBeside(Call call)
    {
        BeginWithin(call);
        MaxAttempts = call.MaxAttempts;
        Attempts = call.Attempts - 1; // It is begun as the call's next.
    }

    /// <summary>Remembers what the request is about to be sent with.</summary>
    public void MarkSent()
    {
        _sent = RequestOriginal.Of(Request);
        _isMadeAnother = true;
    }

    /// <summary>
    /// Remembers the address that was put into the request, if that is another one: all that most requests are sent with beside what they were.
    /// </summary>
    public void MarkPlaced() => _placed = Request.RequestUri;

    /// <summary>Puts the request back as the caller made it.</summary>
    /// <returns>Whether somebody below had changed it.</returns>
    public bool Restore()
    {
        var isChanged = _original.Restore(Request, Sent, _placed);
        (_placed, _isMadeAnother) = (null, false);
        return isChanged;
    }

    /// <summary>Whether somebody may have it, and the token of its attempt, when it has ended.</summary>
    public bool IsShared => _isKept;

    /// <summary>Has it serve no other call: somebody may still have it when it has ended, an upload that goes on or an attempt of a pipeline's.</summary>
    public void Keep() => _isKept = true;

    /// <summary>Gives it back.</summary>
    public void Return()
    {
        _original.Release();
        if (_isKept)
        {
            return;
        }

        Settings = null!;
        Request = null!;
        Caller = default;
        Limits = default;
        Lease = default;
        _tried = default;
        SentTo = null;
        HasPlacedHost = false;
        Place = null;
        HandedPlace = null;
        Activity = null;
        Tracker = null;
        OurKey = null;
        Credentials = null;
        Credential = null;
        IsCredentialApplied = HasReplayed = false;
        IsUntouchable = false;
        IsKeptFromHttp3 = false;
        IsRedirected = HasSentSeveral = IsElsewhere = HasLeft = false;
        CallersDeadline = null;
        Attempts = 0;
        Scope = null!;
        Held = null;
        LastStatus = null;
        LastOutcome = null;
        IsRefundable = false;
        (_placed, _isMadeAnother) = (null, false);
        _original = _sent = default;
        if (_spare is null)
        {
            _spare = this;
        }
        else
        {
            _other = this;
        }
    }

    private static Call? TakeSpare()
    {
        var spare = _spare;
        if (spare is not null)
        {
            _spare = null;
            return spare;
        }

        (spare, _other) = (_other, null);
        return spare;
    }

    private ref readonly RequestOriginal Sent => ref _isMadeAnother ? ref _sent : ref _original;

    // RFC 9110, section 9.2.2.
    private static bool IsSafeToRepeat(HttpMethod method) =>
        method == HttpMethod.Get || method == HttpMethod.Put || method == HttpMethod.Delete || method == HttpMethod.Head
        || method == HttpMethod.Options || method == HttpMethod.Trace;
}
