using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>
/// One incarnation's walk from the queue to the handler: takes one message after the other, calls the handler, settles.
/// </summary>
/// <remarks>
/// <para>Messages whose handlers complete at once are handled in <see cref="HandleRun"/>, without an asynchronous layer between them; the first that
/// does not is awaited in <see cref="LoopAsync"/>. What follows a call that failed is in <c>DispatchLane.Failures.cs</c>, how a lane is held, sent
/// away and interrupted in <c>DispatchLane.Orders.cs</c>, what is seen of it from outside in <c>DispatchLane.Watching.cs</c>, what its sidecar's options
/// make of it in <c>DispatchLane.Settings.cs</c>.</para>
/// <para>The lane owns the taking side of its source while its <see cref="LaneState"/> says that it works. A supervisor that can not wait for a
/// handler takes that ownership away with <see cref="TryInterrupt"/>.</para>
/// </remarks>
internal sealed partial class DispatchLane<T> : Incarnation, IWatchedLane
{
    // How many messages in a row are handled before the thread is offered to others: many busy sidecars share few threads.
    private const int MaxRun = 1024;

    private readonly ILaneOwner<T> _owner;
    private readonly SettlementWatch _watch;
    private readonly MessageSource<T> _source;
    private readonly ReturnedMessages<T> _returned;
    private readonly ISidecar<T> _handler;
    private readonly SidecarMetrics _metrics;
    private readonly CallContexts _contexts;
    private readonly ICallers<T>? _callers;
    private readonly DedicatedThread? _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task _loop = Task.CompletedTask;
    private LaneState _state;

    // Written by the lane.
    private T _current = default!;
    private CallObservation _observation;
    private IdlePolicy _idle;
    private int _runLeft = MaxRun;

    public DispatchLane(
        ILaneOwner<T> owner, MessageSource<T> source, ISidecar<T> handler, object instance, bool ownsInstance, SidecarContext context)
        : base(instance, ownsInstance, context)
    {
        _owner = owner;
        _watch = owner.Watch;
        _source = source;
        _returned = owner.Returned;
        _handler = handler;
        _metrics = owner.Metrics;
        _callers = owner.Callers;
        _contexts = new CallContexts(owner.OwnQueue);
        _idle = new IdlePolicy(owner.Capacity, pauses: _callers is null);
        _watchdog = owner.Watchdog;
        _thread = DedicatedThread.For(context.Name, owner.Options);
        _settings = owner.Options;
        Adopt(_settings);
    }

    public override Task Quiet => _loop;

    public override Task RunAsync()
    {
        ReportRunning();
        _loop = LoopAsync();
        return _ended.Task;
    }

    public override bool TryResize(int lanes) => lanes == 1;

    /// <summary>The lane has left; several others go on with its instance.</summary>
    public LaneGroup<T> Widen(MessageIntake<T> intake)
    {
        var (instance, isOwned) = HandOverInstance();
        return new LaneGroup<T>(_owner, intake, _handler, instance, isOwned, Context) { IsReadyOnceRunning = IsReadyOnceRunning };
    }

    public override ValueTask DisposeAsync()
    {
        _timeout?.Dispose();
        _thread?.Dispose();
        return base.DisposeAsync();
    }

    private async Task LoopAsync()
    {
        try
        {
            await Task.Yield(); // The supervisor's thread must stay free to replace the lane if a handler blocks the one it runs on.
            _contexts.AdoptCurrent();
            _state.Work();
            while (await MayGoOnAsync().ConfigureAwait(false))
            {
                if (_thread is not null)
                {
                    await _thread;
                }

                while (HandleRun(out var pending))
                {
                    _source.ServeWaitingPublishers(); // The next take may be far off.
                    Exception? failure;
                    do
                    {
                        failure = null;
                        MarkCall();
                        try
                        {
                            await pending.ConfigureAwait(false);
                        }
#pragma warning disable CA1031 // A handler may throw anything: it fails its message, never the loop.
                        catch (Exception exception)
#pragma warning restore CA1031
                        {
                            failure = exception;
                        }
                    }
                    while (!EndStep(failure, out pending));

                    if (_thread is not null)
                    {
                        await _thread;
                    }

                    _runLeft = MaxRun;
                }

                if (!_state.MayGoOn)
                {
                    continue;
                }

                if (_runLeft == 0)
                {
                    _runLeft = MaxRun;
                    await Task.Yield();
                    continue;
                }

                if (_pacing is { MustWait: true } pacing)
                {
                    _state.Rest();
                    await pacing.WaitAsync(_leaving.Token).ConfigureAwait(false);
                    _state.Work();
                    continue;
                }

                if (_thread is null && _idle.TurnsToLinger() is > 0 and var turns)
                {
                    for (var i = 0; i < turns && !_source.HasNext; i++)
                    {
                        await Task.Yield();
                    }

                    _idle.EndLingering(_source.HasNext);
                }

                var wait = _source.WaitToTakeAsync();
                if (!wait.IsCompleted)
                {
                    Rest();
                }

                if (!await wait.ConfigureAwait(false))
                {
                    break;
                }

                _state.Work();
            }

            if (!WasInterrupted)
            {
                _ended.TrySetResult(); // Else the one who interrupted says how it ended.
            }
        }
#pragma warning disable CA1031 // The edge of the loop: the supervisor decides what its end means.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _ended.TrySetException(exception);
        }
        finally
        {
            _state.EndTake();
            _state.Rest();
        }
    }

    /// <summary>Handles messages for as long as their handlers complete at once; <see langword="true"/> if something must be awaited.</summary>
    private bool HandleRun(out ValueTask pending)
    {
        if (!ReferenceEquals(_settings, _owner.Options) && !_isLate)
        {
            _settings = _owner.Options;
            Adopt(_settings);
        }

        if (_returned.Count > 0 && TryTakeReturned(out pending))
        {
            return true;
        }

        BeginStretch();
        while (_runLeft > 0 && TryTakeNext())
        {
            _runLeft--;
            _idle.CountTaken();
            if (_isTold && IsNotToBeCalled(out pending))
            {
                if (_state.IsResting)
                {
                    return true;
                }

                continue;
            }

            Exception? failure = null;
            try
            {
                var call = BeginCall();
                if (!call.IsCompleted)
                {
                    pending = call;
                    return true;
                }

                call.GetAwaiter().GetResult();
            }
#pragma warning disable CA1031 // A handler may throw anything: it fails its message, never the loop.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }

            if (!EndCall(failure, out pending))
            {
                return true;
            }
        }

        EndStretch();
        _contexts.RestoreOwn();
        if (!_isLate)
        {
            _current = default!; // The last message is not kept alive while the lane waits.
            _observation = default;
        }

        pending = default;
        return false;
    }

    /// <summary>Takes a message, unless the lane is not to go on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTakeNext()
    {
        var isTaken = _state.TryBeginTake() && (_pacing is null ? _source.TryTake(out _current!) : TryTakeInTurn(_pacing));
        _state.EndTake();
        return isTaken;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ValueTask BeginCall()
    {
        var token = _timeout is null ? Token : _timeout.Begin();
        _contexts.Enter();
        if (_metrics.IsListening)
        {
            // In the call's own context: the handler runs within this activity, and what an earlier handler left behind is not its parent.
            _metrics.Begin(ref _observation, _source.LastOrigin, _owner.OriginsOf(_current), _owner.MessageType);
        }

        _calls++;
        _state.Call();
        return _handler.HandleAsync(_current, Context, token);
    }

    /// <summary>A call has ended.</summary>
    /// <returns><see langword="false"/> if its message is not done with: <paramref name="pending"/> is what comes next.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool EndCall(Exception? failure, out ValueTask pending)
    {
        pending = default;
        _state.Work();
        _contexts.Leave();
        if (!_state.TryKeepMessage())
        {
            EndLateCall(failure);
            return true;
        }

        var timedOut = _timeout is not null && EndsLate(_timeout);
        if (failure is not null || timedOut)
        {
            return EndFailedCall(failure, timedOut, out pending);
        }

        _source.Settle(Settlement.Handled);
        _callers?.OnHandled(_current); // After that: who has the reply finds it in the account.
        if (_hasRetried)
        {
            BeginAttemptsAnew();
        }

        if (_observation.IsActive)
        {
            _metrics.End(ref _observation, failure: null);
        }

        _watch.OnSettled();
        return true;
    }
}
