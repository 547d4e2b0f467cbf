using ConsoleApp.Reporting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ConsoleApp;

/// <summary>The run of the host, from its start to the report.</summary>
internal static class Application
{
    /// <summary>Runs the host until it ends: by itself after the last order, or by Ctrl+C or SIGTERM.</summary>
    /// <returns>The program's exit code.</returns>
    /// <remarks>Not by <c>RunAsync</c>, which disposes the host: the account is read after the host has stopped.</remarks>
    public static async Task<int> RunAsync(IHost host)
    {
        int exitCode;
        try
        {
            await StartAsync(host);
            exitCode = await WaitForEndAsync(host);
        }
        catch (OptionsValidationException e)
        {
            return Fail(e, ExitCode.Misuse);
        }
        catch (Exception e)
        {
            return Fail(e, ExitCode.Failure);
        }

        bool isInOrder = host.Services.GetRequiredService<FinalReport>().Write();
        return isInOrder ? exitCode : ExitCode.Failure;
    }

    private static async Task StartAsync(IHost host)
    {
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        try
        {
            await host.StartAsync();
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to stop while it was starting: what had started is to be stopped in order.
        }
    }

    private static async Task<int> WaitForEndAsync(IHost host)
    {
        try
        {
            await host.WaitForShutdownAsync();
            return Environment.ExitCode;
        }
        catch (Exception e)
        {
            return Fail(e, ExitCode.Failure); // a sidecar that the application cannot do without has failed for good
        }
    }

    private static int Fail(Exception exception, int exitCode)
    {
        Console.Error.WriteLine(exception.Message);
        return exitCode;
    }
}
