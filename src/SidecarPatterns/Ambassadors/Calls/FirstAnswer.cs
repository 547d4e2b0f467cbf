using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>The answer to a call whose first attempt has to be waited for: what an asynchronous method would return, for less time and memory.</summary>
/// <remarks>It belongs to a call, and is used again with it. What comes after the wait runs in the flow of whoever made the call, as after any wait.</remarks>
internal sealed class FirstAnswer
{
    private static readonly ContextCallback End = static self => ((FirstAnswer)self!).OnEnd();

    private readonly Call _call;
    private readonly Action _onEnded;
    private CallPipeline? _pipeline;
    private Task<HttpResponseMessage>? _sending;
    private Task? _loading; // The body, once the attempt has brought a good response.
    private ExecutionContext? _flow;
    private AsyncTaskMethodBuilder<HttpResponseMessage> _answer;

    public FirstAnswer(Call call) => (_call, _onEnded) = (call, OnEndedAnywhere);

    /// <summary>Waits for the attempt, or for the body that it has brought, and then ends the call or has the pipeline go on with it.</summary>
    public Task<HttpResponseMessage> Of(Task<HttpResponseMessage> sending, Task? loading, CallPipeline pipeline)
    {
        _pipeline = pipeline;
        _sending = sending;
        _loading = loading;
        _flow = ExecutionContext.Capture();
        _answer = AsyncTaskMethodBuilder<HttpResponseMessage>.Create();
        var answer = _answer.Task;
        _call.Scope.WhenEnded(loading ?? sending, _onEnded); // From here on it may serve another call.
        return answer;
    }

    private void OnEndedAnywhere()
    {
        if (_flow is { } flow)
        {
            ExecutionContext.Run(flow, End, this);
        }
        else
        {
            OnEnd(); // The call was made where nothing flows.
        }
    }

    private void OnEnd()
    {
        // Whoever gets the answer may make the next call that this serves, before the last line here is done.
        var (answer, pipeline, sending) = (_answer, _pipeline!, _sending!);
        try
        {
            if (!pipeline.TryFinish(_call, sending, ref _loading))
            {
                GoOn(pipeline, sending, answer);
                return;
            }
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Forget();
            answer.SetException(exception);
            return;
        }

        Forget();
        answer.SetResult(sending.Result);
    }

    private void GoOn(CallPipeline pipeline, Task<HttpResponseMessage> sending, AsyncTaskMethodBuilder<HttpResponseMessage> answer)
    {
        if (_loading is { IsCompleted: false } loading && !_call.Scope.IsGivenUp)
        {
            _call.Scope.WhenEnded(loading, _onEnded);
        }
        else
        {
            loading = _loading;
            Forget();
            _ = AnswerAsync(pipeline.GoOnAsync(_call, sending, loading), answer);
        }
    }

    private static async Task AnswerAsync(Task<HttpResponseMessage> rest, AsyncTaskMethodBuilder<HttpResponseMessage> answer)
    {
        HttpResponseMessage response;
        try
        {
            response = await rest.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The same.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            answer.SetException(exception);
            return;
        }

        answer.SetResult(response);
    }

    private void Forget() => (_answer, _pipeline, _sending, _loading, _flow) = (default, null, null, null, null);
}
